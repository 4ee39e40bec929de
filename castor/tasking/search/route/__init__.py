"""One route: its times and loads, and the best place in it for a request."""
