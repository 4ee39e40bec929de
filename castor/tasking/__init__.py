"""The flying programme of a day or a week: the most carried without giving up the evacuation cover."""
