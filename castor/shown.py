"""What makes a result show itself in a notebook: the same pictures as on the page.

A result knows that it can be shown, never how: the page's room is asked by name when a notebook asks, so that the
imports between rooms still go one way.
"""

from __future__ import annotations

import importlib


class Shown:
    """Mixed into results. ``_repr_html_`` is what Jupyter and its kin ask of whatever stands last in a cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = importlib.import_module("castor.brief.notebook").html(self)
        return html
