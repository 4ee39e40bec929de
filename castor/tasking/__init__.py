"""The flying programme of a day or a week: the most carried without giving up the evacuation cover."""

from castor.tasking.solve import Tasked, plan_tasks

__all__ = ["Tasked", "plan_tasks"]
