"""A year of operations, thousands of times: what chance does to a plan, with everything in common but the plan."""

from __future__ import annotations

from castor.simulate.change import changed
from castor.simulate.force import RULES
from castor.simulate.run import simulate
from castor.simulate.stations import stations
from castor.simulate.trace import trace
from castor.simulate.trials import Trials, Value, compare
from castor.simulate.world import World, build

__all__ = ["RULES", "Trials", "Value", "World", "build", "changed", "compare", "simulate", "stations", "trace"]
