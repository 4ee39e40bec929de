"""Tours of a programme: crews, pools, parking and cover beside all others."""
