"""Where a request finds room in a programme."""
