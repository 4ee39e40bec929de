"""The world as given: places, aircraft, formations, demand and rules, read from a folder of plain files."""
