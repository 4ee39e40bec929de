"""What flying takes: distance, sun, minutes, fuel, payload; and the row in which every flight is written."""
