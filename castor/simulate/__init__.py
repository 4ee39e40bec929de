"""A year of operations, thousands of times: what chance does to a plan."""
