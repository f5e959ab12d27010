"""Differences planted into our own description, one at a time, and other ways to write the same description.

A schema is opened (references replaced by copies) along the way to the planted place only: nothing else changes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from mock_truv.openapi.document import document_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.drift.difference import Difference

JsonObject = dict[str, Any]
Draw = Any
Found = set[tuple[str, str, str]]
"""(kind, aspect, place) of differences."""
Plant = Callable[["Place", Draw], tuple[Found, Found]]
METHODS = {"get", "put", "post", "delete", "patch"}
NULL = {"type": "null"}
TYPES = ["string", "boolean", "object", "array", "number", "integer"]


@cache
def ours() -> JsonObject:
    """Return our description, as it is printed."""
    whole: JsonObject = msgspec.json.decode(document_bytes())
    return whole


def only(document: JsonObject, path: str, method: str) -> JsonObject:
    """Return a document with one operation of another, which may be changed; components are shared."""
    operation = copy.deepcopy(document["paths"][path][method])
    return {**document, "paths": {path: {method: operation}}}


def operation_of(document: JsonObject) -> JsonObject:
    """Return the operation of a document that has one."""
    ((item,),) = [list(document["paths"].values())]
    ((operation,),) = [list(item.values())]
    found: JsonObject = operation
    return found


def opened(document: JsonObject, schema: JsonObject) -> JsonObject:
    """Put a copy of what a schema refers to into its place."""
    while "$ref" in schema:
        target: Any = document
        for part in schema.pop("$ref").split("/")[1:]:
            target = target[part]
        for key, value in copy.deepcopy(target).items():
            schema.setdefault(key, value)
    return schema


def core(document: JsonObject, schema: JsonObject) -> JsonObject:
    """Return the schema without null."""
    opened(document, schema)
    branches = [each for each in schema.get("anyOf", ()) if each != NULL]
    return opened(document, branches[0]) if len(branches) == 1 else schema


class Place:
    """A key of an object somewhere in an operation: its name, its schema, the object that has it."""

    def __init__(self, document: JsonObject, name: str, parent: JsonObject, key: str) -> None:
        self.document, self.name, self.parent, self.key = document, name, parent, key
        self.way = "sent" if name.startswith("body") else "answered"

    @property
    def schema(self) -> JsonObject:
        found: JsonObject = self.parent["properties"][self.key]
        return opened(self.document, found)

    @property
    def bare(self) -> JsonObject:
        return core(self.document, self.schema)

    @property
    def kinds(self) -> set[str]:
        return kinds_of(self.bare)


def kinds_of(bare: JsonObject) -> set[str]:
    """Return the types of a schema without null; none where it is one of several things: nothing is planted there."""
    if "anyOf" in bare:
        return set()
    return {bare["type"]} if "type" in bare else {"string"} if "enum" in bare else set()


def roots(document: JsonObject) -> list[tuple[str, JsonObject]]:
    """Return the bodies of an operation: the one sent, and that of the good answer."""
    operation = operation_of(document)
    found = []
    if "requestBody" in operation:
        found.append(("body", operation["requestBody"]["content"]["application/json"]["schema"]))
    for status, answer in operation["responses"].items():
        if status.startswith("2") and "content" in answer:
            found.append((status, answer["content"]["application/json"]["schema"]))
    return found


class Spot(NamedTuple):
    """Where a key is: the operation, the body, and the steps to it (keys, and ``[]`` for the entries of a list)."""

    path: str
    method: str
    root: str
    steps: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.root + " " + ".".join(self.steps).replace(".[]", "[]")


def spots(document: JsonObject, path: str, method: str) -> Iterator[tuple[Spot, JsonObject]]:
    """Yield every key in the bodies of an operation, with its schema without null. Nothing is changed."""

    def read(schema: JsonObject) -> JsonObject:
        while "$ref" in schema:
            target: Any = document
            for part in schema["$ref"].split("/")[1:]:
                target = target[part]
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        branches = [each for each in schema.get("anyOf", ()) if each != NULL]
        return read(branches[0]) if len(branches) == 1 else schema

    def walk(schema: JsonObject, root: str, steps: tuple[str, ...]) -> Iterator[tuple[Spot, JsonObject]]:
        bare = read(schema)
        if steps and steps[-1] != "[]":
            yield Spot(path, method, root, steps), bare
        for key, inner in bare.get("properties", {}).items():
            yield from walk(inner, root, (*steps, key))
        if "items" in bare:
            yield from walk(bare["items"], root, (*steps, "[]"))

    for root, schema in roots({**document, "paths": {path: {method: document["paths"][path][method]}}}):
        yield from walk(schema, root, ())


def at(document: JsonObject, spot: Spot) -> Place:
    """Open a document of one operation (see ``only``) along the way to a key."""
    schema = dict(roots(document))[spot.root]
    for step in spot.steps[:-1]:
        bare = core(document, schema)
        schema = bare["items"] if step == "[]" else bare["properties"][step]
    return Place(document, spot.name, core(document, schema), spot.steps[-1])


def found(differences: Iterable[Difference]) -> Found:
    """Return differences without the texts, each of which has to be there once."""
    listed = [(it.kind, it.aspect, it.place) for it in differences]
    assert len(set(listed)) == len(listed)
    return set(listed)


def both_ways(expected: Found) -> tuple[Found, Found]:
    """Return what is to be found with the changed document as theirs, and as ours."""
    other = {"missing here": "not in theirs", "not in theirs": "missing here", "differs": "differs"}
    return expected, {(other[kind], aspect, place) for kind, aspect, place in expected}


# Each changes something at a place and returns what is to be found if the changed document is theirs, and if it is
# ours.


def field_removed(it: Place, _: Draw) -> tuple[Found, Found]:
    del it.parent["properties"][it.key]
    it.parent["required"] = [key for key in it.parent.get("required", ()) if key != it.key]
    return both_ways({("not in theirs", "field", it.name)})


def field_added(it: Place, draw: Draw) -> tuple[Found, Found]:
    new = "brand_new"
    it.parent["properties"][new] = {"type": draw(st.sampled_from(TYPES))}
    return both_ways({("missing here", "field", it.name.removesuffix(it.key) + new)})


def field_renamed(it: Place, draw: Draw) -> tuple[Found, Found]:
    schema = copy.deepcopy(it.parent["properties"][it.key])
    gone, _ = field_removed(it, draw)
    it.parent["properties"][f"{it.key}_new"] = schema
    return both_ways(gone | {("missing here", "field", f"{it.name}_new")})


def type_changed(it: Place, draw: Draw) -> tuple[Found, Found]:
    new = draw(st.sampled_from([kind for kind in TYPES if kind not in it.kinds]))
    it.bare.clear()
    it.bare["type"] = new
    return both_ways({("differs", "type", it.name)})


def enum_changed(it: Place, draw: Draw) -> tuple[Found, Found]:
    bare = it.bare
    values = list(bare["enum"])
    match draw(st.sampled_from(["more", "open", *(["fewer"] if len(values) > 1 else [])])):
        case "more":
            bare["enum"] = [*values, "brand_new"]
        case "fewer":
            values.remove(draw(st.sampled_from(values)))
            bare["enum"] = values
        case "open":
            del bare["enum"]
            bare["type"] = "string"
    return both_ways({("differs", "enum", it.name)})


def null_changed(it: Place, draw: Draw) -> tuple[Found, Found]:
    schema = it.schema
    if NULL in schema.get("anyOf", ()):
        bare = it.bare
        schema.clear()
        schema.update(bare)
    else:
        bare = dict(schema)
        match draw(st.sampled_from(["3.0", "anyOf", "oneOf", "type"])):
            case "3.0":
                schema["nullable"] = True
            case "type" if isinstance(schema.get("type"), str):
                schema["type"] = [schema["type"], "null"]
            case "oneOf":
                schema.clear()
                schema["oneOf"] = [NULL, bare]
            case _:
                schema.clear()
                schema["anyOf"] = [bare, NULL]
    return both_ways({("differs", "null", it.name)})


def format_changed(it: Place, draw: Draw) -> tuple[Found, Found]:
    bare = it.bare
    formats = [each for each in (None, "date", "date-time", "uuid") if each != bare.get("format")]
    if (new := draw(st.sampled_from(formats))) is None:
        del bare["format"]
    else:
        bare["format"] = new
    return both_ways({("differs", "format", it.name)})


def required_changed(it: Place, _: Draw) -> tuple[Found, Found]:
    required = list(it.parent.get("required", ()))
    was_required = it.key in required
    it.parent["required"] = [key for key in required if key != it.key] if was_required else [*required, it.key]
    difference = {("differs", "required", it.name)}
    if it.way == "sent":
        return difference, difference
    # of an answer it counts only that they promise what we may leave out
    return (set(), difference) if was_required else (difference, set())


OF_FIELDS: dict[Plant, Callable[[JsonObject], bool]] = {
    field_removed: lambda _: True,
    field_added: lambda _: True,
    field_renamed: lambda _: True,
    type_changed: lambda bare: bool(kinds_of(bare)),
    enum_changed: lambda bare: "enum" in bare,
    null_changed: lambda bare: bool(kinds_of(bare)),
    format_changed: lambda bare: kinds_of(bare) == {"string"} and "enum" not in bare,
    required_changed: lambda _: True,
}
"""What may be planted -> whether it may be at a key of this schema."""
