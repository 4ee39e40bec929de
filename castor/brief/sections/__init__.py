"""The sections of the page: each module has one function from plain inputs to a section, or nothing."""
