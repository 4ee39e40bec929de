"""Rests that a tour takes away from base."""
