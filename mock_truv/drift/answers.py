"""An answer of a running service held against our description of it. Only its shape: no value of it is ever shown.

The one exception is a word that an enumeration of ours does not have, since that word is the difference; it is shown
only if it looks like one, and never for a key that tells something about a person.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mock_truv.drift.descriptions import Origin
from mock_truv.drift.difference import NOTHING, Gathered, child, element, in_words
from mock_truv.drift.schemas import TYPES, JsonObject, Schemas, as_json

if TYPE_CHECKING:
    from mock_truv.drift.schemas import Shape

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")
PERSONAL = re.compile(
    r"name|ssn|social|birth|email|phone|address|street|city|state|zip|postal|country|gender|sex|race|marital|"
    r"account|routing|card|token|secret|password|login|user|note|title|employer|company",
    re.IGNORECASE,
)
"""Keys whose values may tell something about a person, or open a door."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Judge:
    """Holds values against schemas and writes down where they do not fit."""

    def __init__(self, schemas: Schemas, found: Gathered) -> None:
        self._schemas = schemas
        self._found = found

    def judge(self, value: Any, schema: JsonObject, place: str, origin: Origin) -> None:
        """Write down every place where a value does not fit a schema of ours."""
        shape = self._schemas.shape(schema)
        kind = type_of(value)
        if kind == "null" and shape.kinds:
            if not shape.nullable:
                self._found.add("differs", "null", place, "never null", "null", origin)
            return
        if shape.types and kind not in shape.types and not (kind == "integer" and "number" in shape.types):
            self._found.add("differs", "type", place, in_words(shape), kind, origin)
            return
        if shape.enum is not None and as_json(value) not in shape.enum:
            self._found.add("differs", "enum", place, "not this", _unknown(value, place), origin)
        elif isinstance(value, str) and shape.format is not None and not fits(value, shape.format):
            self._found.add("differs", "format", place, shape.format, "another", origin)
        inside = Origin(shape.basis or origin.basis, shape.source or origin.source)
        if isinstance(value, dict):
            self._keys(value, shape, place, inside)
        elif isinstance(value, list) and shape.items is not None:
            for each in value:
                self.judge(each, shape.items, element(place), inside)

    def _keys(self, value: JsonObject, shape: Shape, place: str, inside: Origin) -> None:
        for key, schema in shape.properties.items():
            if key in value:
                self.judge(value[key], schema, child(place, key), inside.of(schema))
            elif key in shape.required:
                words = in_words(self._schemas.shape(schema))
                self._found.add("not in theirs", "field", child(place, key), words, NOTHING, inside.of(schema))
        for key, each in value.items():
            if key in shape.properties:
                continue
            if shape.values is not None:
                self.judge(each, shape.values, child(place, "*"), inside)
            elif shape.closed:
                shown = key if KEY.fullmatch(key) else "(a key that is no plain name)"
                self._found.add("missing here", "field", child(place, shown), NOTHING, type_of(each), inside)


def type_of(value: Any) -> str:
    """Return the JSON type of a value; a number without a fraction is an integer."""
    return "integer" if isinstance(value, float) and value.is_integer() else TYPES[type(value)]


def fits(value: str, form: str) -> bool:
    """Return whether a text has a format."""
    with suppress(ValueError):
        match form:
            case "date-time":
                text = value.upper().replace(" ", "T")
                return bool(_MOMENT.fullmatch(value)) and bool(datetime.fromisoformat(text))
            case "date":
                return bool(_DAY.fullmatch(value)) and bool(date.fromisoformat(value))
            case "uuid":
                return bool(UUID(value))
            case _:
                return True
    return False


def _unknown(value: Any, place: str) -> str:
    if isinstance(value, str) and WORD.fullmatch(value) and not PERSONAL.search(place.rpartition(".")[2]):
        return f"also {value}"
    return "a value that is not in our list"
