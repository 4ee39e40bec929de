"""Who goes: published dispatch rules, the exact optimal policy, and the hypercube queueing model."""
