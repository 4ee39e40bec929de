"""Where helicopters wait: the evacuation clock, exact covering models, and the posture of a mission."""
