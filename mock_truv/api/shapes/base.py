"""The bases of all answers: an object with its documented keys, a page of a list, and how sure we are of a key."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")
Basis = Literal["documented", "inferred", "assumed"]


class Shape(msgspec.Struct, kw_only=True, gc=False, forbid_unknown_fields=True):
    """An object of an answer.

    Every key has to be given, so that none is forgotten; a key that the service leaves out at times has the default
    ``UNSET``. The order of the fields is the order of the keys.

    ``SOURCE`` names the page that shows the object, ``BASIS`` says how sure we are of it; ``inferred`` and ``assumed``
    on a field say so of one key.
    """

    SOURCE: ClassVar[str]
    BASIS: ClassVar[Basis] = "documented"


def inferred(source: str, text: str | None = None) -> Meta:
    """Return the mark of a key whose presence, type or values follow from other facts; ``source`` says from which."""
    return Meta(description=text, extra_json_schema={"x-basis": "inferred", "x-source": source})


def assumed(source: str, text: str | None = None) -> Meta:
    """Return the mark of a key about which nothing is known; ``source`` says what was chosen, and why."""
    return Meta(description=text, extra_json_schema={"x-basis": "assumed", "x-source": source})


Id = Annotated[str, Meta(max_length=64)]
"""32 lower-case hex characters, in most objects."""
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""An instant, ISO 8601 in UTC."""
Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Money = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$")]
"""An amount, a rate or hours: a decimal number as text."""
Url = Annotated[str, Meta(max_length=2048)]


class Page(Shape, Generic[T], kw_only=True, gc=False):
    """A page of a list (conventions: ``users/`` and the orders lookup show all four keys)."""

    SOURCE = "users_list, orders_list_lookup"

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class Paged(msgspec.Struct, kw_only=True):
    """The query parameters of a paged list; query types of paged operations derive from it."""

    page: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None
    page_size: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None
