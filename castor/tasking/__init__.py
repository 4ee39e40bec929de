"""The flying programme of a day or a week: the most carried without giving up the evacuation cover."""

from castor.tasking.exact import exact
from castor.tasking.frontier import Point, best_floor, frontier, prices
from castor.tasking.replan import Away, replan
from castor.tasking.solve import Tasked, plan_tasks

__all__ = ["Away", "Point", "Tasked", "best_floor", "exact", "frontier", "plan_tasks", "prices", "replan"]
