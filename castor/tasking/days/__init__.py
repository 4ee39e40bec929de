"""Days of flying: units, crews, pools of airframes and cover through time; ruin and recreate over them."""
