"""The search for routes of pick-ups and deliveries, in machine code."""
