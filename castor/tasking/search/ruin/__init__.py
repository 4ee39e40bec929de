"""Ruin by strings, order of re-insertion, random stream and acceptance: what any routing search here can use."""
