"""The routes that a search has seen."""
