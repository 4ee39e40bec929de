"""Tables and maps for the tools that planners live in: Excel, Google Earth, QGIS, calendars."""
