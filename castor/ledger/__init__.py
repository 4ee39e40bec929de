"""What is known to have happened: figures with unit, period, party, definition and source."""
