"""A difference between us and the other side, and a place where they are gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mock_truv.drift.descriptions import Described, Origin
    from mock_truv.drift.schemas import Shape

Kind = Literal["missing here", "not in theirs", "differs"]
KINDS: tuple[Kind, ...] = ("missing here", "not in theirs", "differs")
Aspect = Literal[
    "operation", "parameter", "body", "answer", "status", "content type", "field", "keys", "type", "null", "enum",
    "format", "required",
]  # fmt: skip
"""What of a place differs."""
NOTHING = "nothing"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference; ``here`` is mock-truv, ``there`` the other side."""

    path: str
    method: str
    place: str
    """Where in the operation: ``query page``, ``body employers[].id``, ``200 results[].status``; empty: all of it."""
    aspect: Aspect
    kind: Kind
    here: str
    there: str
    basis: str
    """How sure we are of ours: ``documented``, ``inferred``, ``assumed``; empty where we have nothing near."""
    source: str

    @property
    def operation(self) -> str:
        """``GET /v1/users/{user_id}/``."""
        return f"{self.method} {self.path}"


class Gathered:
    """Differences of one operation; the same one is kept once."""

    def __init__(self, operation: Described) -> None:
        self._operation = operation
        self._found: dict[Difference, None] = {}

    def add(self, kind: Kind, aspect: Aspect, place: str, here: str, there: str, origin: Origin) -> None:
        """Write a difference down."""
        it = self._operation
        self._found[Difference(it.path, it.method, place, aspect, kind, here, there, origin.basis, origin.source)] = (
            None
        )

    def all(self) -> list[Difference]:
        """Return what was written down."""
        return list(self._found)


def child(place: str, key: str) -> str:
    """Return the place of a key of the object at a place."""
    return f"{place}.{key}" if " " in place else f"{place} {key}"


def element(place: str) -> str:
    """Return the place of the entries of the list at a place."""
    return f"{place}[]" if " " in place else f"{place} []"


def in_words(shape: Shape) -> str:
    """Return a shape's types, in words."""
    if not shape.types:
        return "anything"
    shown = " or ".join([*sorted(shape.kinds), *(["null"] if shape.nullable else [])])
    return f"{shown} ({shape.format})" if shape.format else shown
