"""One level of a schema as a value: OpenAPI 3.0 and 3.1 alike, references followed, combinations merged.

A schema stays the object that stands in its document. What it says is asked level by level, so that a schema that
contains itself costs nothing; whoever walks down has to notice that it comes by the same place again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

JsonObject = dict[str, Any]

REFERENCES_LIMIT = 50
"""References that lead to one another before it is called a circle."""
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", list: "array",
         dict: "object"}  # fmt: skip
SAYS_SOMETHING = frozenset({
    "type", "enum", "const", "format", "properties", "required", "items", "additionalProperties", "allOf", "anyOf",
    "oneOf", "nullable",
})  # fmt: skip
"""Keywords that are compared; beside a reference, others are remarks."""
FORMATS = frozenset({"date", "date-time", "time", "duration", "uuid"})
"""Formats that a reader parses; all others are remarks (``uri``, ``email``, ``int32``, ``decimal`` …)."""


class DescriptionError(Exception):
    """A description cannot be read; the message names the place."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema says about one level of a value."""

    types: frozenset[str] = frozenset()
    """JSON types, ``null`` among them; empty: anything."""
    format: str | None = None
    enum: frozenset[str] | None = None
    """The allowed values as JSON text, without null; ``None``: any."""
    described: bool = False
    """Whether keys of an object are told."""
    properties: Mapping[str, JsonObject] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    """Whether an object has no keys but those told."""
    items: JsonObject | None = None
    values: JsonObject | None = None
    """Schema of the values of an object whose keys are data."""
    basis: str = ""
    source: str = ""

    @property
    def nullable(self) -> bool:
        """Whether null is told as possible."""
        return "null" in self.types

    @property
    def kinds(self) -> frozenset[str]:
        """The types without null."""
        return self.types - {"null"}


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._anything: JsonObject = {}
        self._shapes: dict[int, Shape] = {}
        self._open: set[int] = set()
        self._made: dict[tuple[str, tuple[int, ...]], JsonObject] = {}
        self._members: dict[int, tuple[str, list[JsonObject]]] = {}
        self._kept: list[Any] = []
        """What was looked at stays alive, so that no identity is used twice."""

    def follow(self, holder: Any) -> JsonObject:
        """Return what a reference leads to, or the object itself.

        Raises:
            DescriptionError: It leads nowhere, out of the document, or in a circle.
        """
        for _ in range(REFERENCES_LIMIT):
            if not isinstance(holder, dict):
                return self._anything
            if not isinstance(reference := holder.get("$ref"), str):
                return holder
            beside = {key: value for key, value in holder.items() if key in SAYS_SOMETHING}
            found = self._pointed(reference)
            holder = self._make("allOf", [found, self._keep(holder, beside)]) if beside else found
        raise DescriptionError(f"the reference {reference} leads in a circle")

    def shape(self, schema: Any) -> Shape:
        """Return what a schema says about one level.

        Raises:
            DescriptionError: A reference in it is wrong.
        """
        schema = self.follow(schema)
        key = id(schema)
        if key not in self._shapes:
            self._open.add(key)
            self._kept.append(schema)
            self._shapes[key] = self._merged(schema)
            self._open.discard(key)
        return self._shapes[key]

    def _merged(self, schema: JsonObject) -> Shape:
        found = _own(schema)
        nullable = schema.get("nullable") is True
        for part in self._parts(schema, "allOf"):
            if part.get("nullable") is True and not {"type", "enum", "$ref"} & set(part):
                nullable = True
            found = self._both(found, self.shape(part))
        for word in ("anyOf", "oneOf"):
            if parts := self._parts(schema, word):
                found = self._both(found, self._either([self.shape(part) for part in parts]))
        return replace(found, types=found.types | {"null"}) if nullable and found.types else found

    def _parts(self, schema: JsonObject, word: str) -> list[JsonObject]:
        """Return the parts of a combination, without those that are the combination itself."""
        given = schema.get(word)
        parts = [part for part in given if isinstance(part, dict)] if isinstance(given, list) else []
        return [part for part in parts if id(self.follow(part)) not in self._open]

    def _both(self, one: Shape, other: Shape) -> Shape:
        """Return the shape of what fits both."""
        shared = {
            key: self._make("allOf", [schema, other.properties[key]])
            for key, schema in one.properties.items()
            if key in other.properties
        }
        return Shape(
            types=_meet(one.types, other.types),
            format=one.format or other.format,
            enum=other.enum if one.enum is None else one.enum if other.enum is None else one.enum & other.enum,
            described=one.described or other.described,
            properties={**one.properties, **other.properties, **shared},
            required=one.required | other.required,
            closed=one.closed or other.closed,
            items=self._make("allOf", [each for each in (one.items, other.items) if each is not None]),
            values=self._make("allOf", [each for each in (one.values, other.values) if each is not None]),
            basis=one.basis or other.basis,
            source=one.source or other.source,
        )

    def _either(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of what fits one of several."""
        real = [it for it in shapes if it.types != {"null"}]
        open_ended = any(not it.types for it in real)
        types: frozenset[str] = frozenset() if open_ended else frozenset().union(*(it.types for it in shapes))
        objects = [it for it in real if "object" in it.types]
        texts = {it.format for it in real if "string" in it.types}
        keys: dict[str, list[JsonObject]] = {}
        for it in objects:
            for key, schema in it.properties.items():
                keys.setdefault(key, []).append(schema)
        return Shape(
            types=_widened(types),
            format=texts.pop() if len(texts) == 1 else None,
            enum=_union(it.enum for it in real),
            described=any(it.described for it in objects),
            properties={key: self._make("anyOf", schemas) or {} for key, schemas in keys.items()},
            required=frozenset.intersection(*(it.required for it in objects)) if objects else frozenset(),
            closed=bool(objects) and all(it.closed for it in objects),
            items=self._make("anyOf", [it.items for it in real if it.items is not None]),
            values=self._make("anyOf", [it.values for it in objects if it.values is not None]),
            basis=next((it.basis for it in real if it.basis), ""),
            source=next((it.source for it in real if it.source), ""),
        )

    def _make(self, word: str, members: Sequence[JsonObject]) -> Any:
        """Return the combination of schemas, the same object for the same members: so that circles end."""
        flat: dict[int, JsonObject] = {}
        for member in members:
            found = self.follow(member)
            kind, inner = self._members.get(id(found), ("", []))
            for each in inner if kind == word else [found]:
                flat.setdefault(id(each), each)
        if len(flat) < 2:
            return members[0] if members else None
        key = (word, tuple(sorted(flat)))
        if key not in self._made:
            self._made[key] = made = {word: list(flat.values())}
            self._members[id(made)] = (word, list(flat.values()))
            self._kept.append(flat)
        return self._made[key]

    def _keep(self, holder: JsonObject, beside: JsonObject) -> JsonObject:
        """Return what stands beside a reference, the same object each time it is asked for."""
        key = ("beside", (id(holder),))
        self._kept.append(holder)
        return self._made.setdefault(key, beside)

    def _pointed(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise DescriptionError(f"the reference {reference} leads out of the document; put all parts into one file")
        found: Any = self._document
        for part in reference[1:].split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise DescriptionError(f"the reference {reference} leads nowhere")
        return found


def as_json(value: Any) -> str:
    """Return a value as JSON text."""
    return msgspec.json.encode(value).decode()


def _own(schema: JsonObject) -> Shape:
    """Return what the schema's own words say, combinations left out."""
    given = schema.get("type")
    types = {str(each) for each in given} if isinstance(given, list) else {given} if isinstance(given, str) else set()
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    values = values if isinstance(values, list) else None
    properties, more = schema.get("properties"), schema.get("additionalProperties")
    if not types:
        if values is not None:
            types = {TYPES[type(value)] for value in values}
        elif isinstance(properties, dict) or isinstance(more, dict) or "required" in schema:
            types = {"object"}
        elif "items" in schema:
            types = {"array"}
    elif values is not None and None in values:
        types.add("null")
    required, items = schema.get("required"), schema.get("items")
    told = schema.get("format")
    return Shape(
        types=_widened(frozenset(types)),
        format=told if isinstance(told, str) and told in FORMATS else None,
        enum=None if values is None else frozenset(as_json(value) for value in values if value is not None),
        described=isinstance(properties, dict),
        properties={key: it if isinstance(it, dict) else {} for key, it in properties.items()}
        if isinstance(properties, dict)
        else {},
        required=frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
        closed=more is False,
        items=items if isinstance(items, dict) else None,
        values=more if isinstance(more, dict) and more else None,
        basis=str(schema.get("x-basis", "")),
        source=str(schema.get("x-source", "")),
    )


def _union(enums: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    whole: frozenset[str] = frozenset()
    known = False
    for each in enums:
        if each is None:
            return None
        whole, known = whole | each, True
    return whole if known else None


def _widened(types: frozenset[str]) -> frozenset[str]:
    """Return types without those that another contains: every integer is a number."""
    return types - {"integer"} if "number" in types else types


def _meet(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if not one or not other:
        return one or other
    wide = [side | ({"integer"} if "number" in side else set()) for side in (one, other)]
    return _widened(wide[0] & wide[1]) or one
