"""Bounds, reductions and heuristics for the covering models that a plain program does not close."""
