"""Chance: streams of numbers keyed by (seed, replication, purpose, index), and what is drawn from them."""
