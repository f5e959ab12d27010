"""What an operation is, what it is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

import msgspec

from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import parse_instant
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase

ORIGIN = b"\x01"
"""Stands for our own address (scheme and host of the request) in an answer. The edge puts the address in its place, so
that answers, digests and journals do not depend on it. A raw control character cannot come from a client's text."""


class Request(Frozen, frozen=True, tag="request", omit_defaults=True):
    """A request to ``/v1/``. Keys are not in it: they picked the sandbox."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    content_type: str = ""
    accept: str = ""
    idempotency_key: str = ""
    broken_utf8: bool = False
    too_large: int = 0
    """The limit in bytes that the body exceeded, 0 if it did not; the body itself was thrown away."""


class Answer(Frozen, frozen=True):
    """An HTTP answer; ``ORIGIN`` in the body stands for our own address."""

    status: int
    body: bytes
    headers: dict[str, str] = {}
    hold_us: int = 0
    """Virtual time that passes before the answer goes out; what is due meanwhile happens first."""
    ending: Literal["whole", "cut", "none"] = "whole"
    """The answer is sent whole; cut off after ``cut_bytes`` and the connection closed; or not sent at all."""
    cut_bytes: int = 0


class Printed(Frozen, frozen=True):
    """A document that the border of the server turns into a PDF: an operation returns it where one was asked for."""

    title: str
    document: Any


@dataclass(slots=True)
class Call:
    """One request on its way through an operation."""

    world: WorldBase
    request: Request
    target: Any = None
    """The object that the path names, already found; None for a collection."""
    second: Any = None
    """The inner object of a path with two."""
    body: Any = None
    params: Any = None
    """The query as the operation's ``query`` type; None where it has none."""

    @property
    def query(self) -> dict[str, str]:
        """The query parameters, the last value of each."""
        return dict(parse_qsl(self.request.query, keep_blank_values=True))


Finder = Callable[["WorldBase", str, Any], Any]
"""How the object that a path names is found: (world, identifier, the outer object of a path with two) -> the object,
or None when there is none (404)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation: where it is, what it takes, how sure we are of it."""

    method: str
    path: str
    """Below ``/v1``; a parameter is named by the kind of object it finds, as in ``/orders/{order}/``."""
    handler: Callable[[Call], Any]
    source: str
    body: type | None = None
    status: int = 200
    basis: str = "documented"
    """``documented``, ``inferred`` or ``assumed``."""
    pdf: bool = False
    """With ``fmt=pdf`` the answer is a PDF."""
    query: type | None = None
    """Struct of the query parameters; others are tolerated."""
    answer: Any = None
    """Type of a good answer: a ``Shape``, a list of one, ``Page[Shape]``; None: no body."""
    errors: tuple[int, ...] = ()
    """Further statuses it may answer, besides those that every operation of its kind may (400 for a body or a query,
    401, 404 for an object in the path, 405, 406, 429)."""


def instant_given(call: Call, name: str) -> int | None:
    """Return a query parameter that is an instant, or a day for its midnight, in microseconds; None: not given.

    Raises:
        WrongInput: It is something else.
    """
    text: str | None = getattr(call.params, name)
    if not text:
        return None
    try:
        return parse_instant(text if len(text) > 10 else f"{text}T00:00:00Z")
    except ValueError as error:
        raise WrongInput((name, str(error))) from None


def own_url(path: str) -> Any:
    """Return a JSON string with a URL of this mock, for a field of type ``str``; ``path`` begins with a slash."""
    return msgspec.Raw(b'"' + ORIGIN + msgspec.json.encode(path)[1:])
