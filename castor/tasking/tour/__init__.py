"""One tour: its stops, where it fills up, and its times."""
