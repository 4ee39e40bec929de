"""Bound and interchange for the p-median."""
