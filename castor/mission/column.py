"""What a field says of itself: labels in two languages, unit, HXL tag, limits; and the list of a struct's columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Meta, Struct


def col(en: str, fr: str, unit: str = "", hxl: str = "", **limits: Any) -> Meta:
    """Describe a column: English and French label, unit, HXL tag, and limits (``ge gt le lt min_length max_length``).

    ``ref`` names the table whose key the column must hold (``places``, ``types``, ``aircraft``, ...).
    """
    ref = limits.pop("ref", "")
    return Meta(title=en, extra={"en": en, "fr": fr, "unit": unit, "hxl": hxl, "ref": ref}, **limits)


class Column(Struct, frozen=True):
    """One column of a table as the reader, the workbook and the documentation need it."""

    name: str
    field: str
    type: Any
    required: bool
    default: Any
    en: str
    fr: str
    unit: str
    hxl: str
    ref: str
    limits: Mapping[str, float | int]


_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length")


def columns(cls: type[Struct]) -> tuple[Column, ...]:
    """List the columns of a table's struct, in file order, with their type (metadata removed), limits and labels."""
    found = []
    for field in msgspec.structs.fields(cls):
        kind, meta = field.type, None
        if getattr(kind, "__metadata__", None):
            meta, kind = kind.__metadata__[0], kind.__origin__
        extra = dict(meta.extra or {}) if meta is not None else {}
        limits = {name: getattr(meta, name) for name in _LIMITS if meta is not None and getattr(meta, name) is not None}
        default = None if field.default is msgspec.NODEFAULT else field.default
        found.append(
            Column(
                name=field.encode_name,
                field=field.name,
                type=kind,
                required=field.required,
                default=default,
                en=extra.get("en", field.name),
                fr=extra.get("fr", field.name),
                unit=extra.get("unit", ""),
                hxl=extra.get("hxl", ""),
                ref=extra.get("ref", ""),
                limits=limits,
            )
        )
    return tuple(found)
