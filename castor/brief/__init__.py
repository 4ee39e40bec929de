"""One self-contained HTML page of a mission: map, charts, tables, sources, in English and French."""
