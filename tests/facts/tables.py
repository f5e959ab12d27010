"""Reads the tables of documented fields and finds a field in an answer, in a webhook, and in a type."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FOLDER = Path(__file__).parent
OBJECTS = FOLDER / "objects"
WEIGHTS = ("documented", "inferred", "unknown", "superseded")
"""From the strongest to the weakest."""
ABSENT = object()
"""Stands for the value of a key that is not there."""

_PART = re.compile(r"\[\]|[^.\[\]]+")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_OFFSET_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
_BLANK_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_URL = re.compile(r"https?://[^/\s]+/\S*")


def _text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
    "id": _text(_ID),
    "uuid": _text(_UUID),
    "url": _text(_URL),
    "date": _text(_DATE),
    "decimal": _text(_DECIMAL),
    "date-time": _text(_MOMENT),
    "offset-date-time": _text(_OFFSET_MOMENT),
    "blank-date-time": _text(_BLANK_MOMENT),
}
"""Word of a table -> whether a value is of that type."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One documented field."""

    table: str
    """Name of the file that says so."""
    path: str
    """From where the object sits: ``employers[].status``."""
    own_path: str
    """As the file has it."""
    types: tuple[str, ...]
    nullable: str
    """``yes``, ``no``, ``inferred`` (said to be, by conclusion), ``unknown``."""
    weight: str = "documented"
    source: str = ""
    enum: tuple[str, ...] = ()
    """A closed list of words."""
    also: tuple[str, ...] = ()
    """Words that other pages have besides."""
    seen: tuple[str, ...] = ()
    """Words that were seen of a list that is not known to its end."""
    optional: str = ""
    """When the key is left out; empty: never."""

    @property
    def key(self) -> str:
        """Its name in lists of exceptions."""
        return f"{self.table}.{self.own_path}"

    def fits(self, value: Any) -> bool:
        """Return whether a value is of a documented type, and one of the documented words."""
        if value is None and self.nullable != "no":
            return True
        words = self.enum + self.also
        return any(TYPES[each](value) for each in self.types) and (not self.enum or value in words)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an object sits in the answer of an operation, or in a webhook (``webhook order-created``)."""

    table: str
    operation: str
    at: str = ""
    weight: str = "documented"
    query: str = ""
    """Only answers to requests with this query."""
    body: str = ""
    """Only answers to requests with this in the body: ``is_voe=false``."""
    whole: bool = False
    """Nothing is left out here, whatever is optional elsewhere."""
    fresh: bool = False
    """The object is new here: what is in an object that is still null or in a list that is still empty cannot show."""


def tables() -> tuple[str, ...]:
    """Return the names of all tables."""
    return tuple(sorted(each.stem for each in OBJECTS.glob("*.toml")))


@cache
def table(name: str) -> dict[str, Any]:
    """Return one table as it stands in its file."""
    return tomllib.loads((OBJECTS / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def operations() -> list[dict[str, str]]:
    """Return every operation that public sources name."""
    found: list[dict[str, str]] = tomllib.loads((FOLDER / "operations.toml").read_text(encoding="utf-8"))["operations"]
    return found


@cache
def exceptions() -> dict[str, dict[str, str]]:
    """Return what the run does not show, by kind: {field: reason}."""
    return tomllib.loads((FOLDER / "exceptions.toml").read_text(encoding="utf-8"))


def places() -> list[Place]:
    """Return where every object sits."""
    return [Place(table=name, **answer) for name in tables() for answer in table(name)["answers"]]


@cache
def fields(name: str) -> tuple[Field, ...]:
    """Return the fields of an object with those of the objects in it; its own lines come before included ones."""
    given = table(name)
    found: dict[str, Field] = {}
    for included in given.get("includes", ()):
        found |= {each.path: each for each in fields(included)}
    for path, line in given["fields"].items():
        inner = line.get("of")
        mine = _field(name, path, line, given["source"])
        found[path] = mine
        if inner is not None:
            for each in fields(inner):
                whole = f"{path}.{each.path}"
                found[whole] = replace(each, path=whole, weight=weaker(mine.weight, each.weight))
    return tuple(found.values())


def _field(name: str, path: str, line: dict[str, Any], source: str) -> Field:
    types = line["type"]
    lists = {key: tuple(line[key]) for key in ("enum", "also", "seen") if key in line}
    return Field(
        table=name,
        path=path,
        own_path=path,
        types=(types,) if isinstance(types, str) else tuple(types),
        nullable=line["nullable"],
        weight=line.get("weight", "documented"),
        source=line.get("source", source),
        optional=line.get("optional", ""),
        **lists,
    )


def weaker(one: str, other: str) -> str:
    """Return the weaker of two weights."""
    return max(one, other, key=WEIGHTS.index)


def parts(path: str) -> list[str]:
    """Return a path as its keys and ``[]``."""
    return _PART.findall(path)


def values(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield the value of a field in every object that may have it, ``ABSENT`` where it is left out."""
    if not path:
        yield document
    elif path[0] == "[]":
        for each in document if isinstance(document, list) else ():
            yield from values(each, path[1:])
    elif isinstance(document, dict):
        if path[0] in document:
            yield from values(document[path[0]], path[1:])
        elif len(path) == 1:
            yield ABSENT


def words_of(annotation: Any, path: Sequence[str]) -> frozenset[str] | None:
    """Return the words that a type allows at a path; None: any text, or no such field.

    A tagged type's tag is one of the words of its field.
    """
    found = [_words(each) for each in _types_at(inspect.type_info(annotation), path)]
    closed = [words for words in found if words is not None]
    return frozenset().union(*closed) if closed and len(closed) == len(found) else None


def _types_at(kind: inspect.Type, path: Sequence[str]) -> Iterator[inspect.Type]:
    match kind:
        case inspect.Metadata(type=inner):
            yield from _types_at(inner, path)
        case inspect.UnionType(types=inner):
            for each in inner:
                if not isinstance(each, inspect.NoneType):
                    yield from _types_at(each, path)
        case _ if not path:
            yield kind
        case inspect.ListType(item_type=inner) if path[0] == "[]":
            yield from _types_at(inner, path[1:])
        case inspect.StructType(tag_field=tag_field, tag=tag) if tag_field == path[0]:
            yield inspect.LiteralType((tag,))
        case inspect.StructType(fields=inner):
            for field in inner:
                if field.encode_name == path[0]:
                    yield from _types_at(field.type, path[1:])


def _words(kind: inspect.Type) -> frozenset[str] | None:
    match kind:
        case inspect.LiteralType(values=words):
            return frozenset(map(str, words))
        case inspect.EnumType(cls=cls) if issubclass(cls, Enum):
            return frozenset(str(each.value) for each in cls)
        case _:
            return None
