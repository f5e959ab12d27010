"""Two descriptions side by side: ours, and theirs.

What is no difference: words, examples, order, names of operations and of path parameters, a slash at the end, whether
``/v1`` stands in the path or in the address, error answers, number formats, a key of an answer that we always give and
they may leave out. Below a key that one side does not have nothing is reported.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Literal

from mock_truv.drift.descriptions import Description, Origin
from mock_truv.drift.difference import NOTHING, Difference, Gathered, child, element, in_words

if TYPE_CHECKING:
    from mock_truv.drift.descriptions import Content, Described, Parameter
    from mock_truv.drift.schemas import JsonObject, Schemas, Shape

Way = Literal["sent", "answered"]
HIDDEN = {"sent": "readOnly", "answered": "writeOnly"}
"""Keyword of keys that do not travel this way."""
SHOWN = 8
"""Values of an enumeration that a line shows."""


def compare(ours: Description, theirs: Description) -> list[Difference]:
    """Return all differences, sorted by path, method and place.

    Raises:
        DescriptionError: A reference in one of them is wrong.
    """
    found: list[Difference] = []
    for key, here in ours.operations.items():
        if key in theirs.operations:
            found += Comparison(ours.schemas, theirs.schemas, here, theirs.operations[key]).differences()
        else:
            gathered = Gathered(here)
            gathered.add("not in theirs", "operation", "", "an operation", NOTHING, here.origin)
            found += gathered.all()
    for key, there in theirs.operations.items():
        if key not in ours.operations:
            gathered = Gathered(there)
            gathered.add("missing here", "operation", "", NOTHING, "an operation", Origin())
            found += gathered.all()
    return sorted(found)


class Comparison:
    """One operation in both descriptions."""

    def __init__(self, ours: Schemas, theirs: Schemas, here: Described, there: Described) -> None:
        self._ours, self._theirs = ours, theirs
        self._here, self._there = here, there
        self._found = Gathered(here)
        self._way: Way = "sent"
        self._above: set[tuple[int, int]] = set()
        """Pairs of schemas that we are inside of: coming by one again is a circle."""

    def differences(self) -> list[Difference]:
        """Return all differences of the operation."""
        self._parameters()
        self._bodies("body", self._here.body, self._there.body)
        self._way = "answered"
        self._answers()
        return self._found.all()

    def _parameters(self) -> None:
        here, there = self._here.parameters, self._there.parameters
        for place, one in here.items():
            if (other := there.get(place)) is not None:
                self._required(place, one.required, other.required, one.origin)
                self._schemas(place, one.schema, other.schema, one.origin)
            else:
                self._found.add("not in theirs", "parameter", place, self._shown(one), NOTHING, one.origin)
        for place, only in there.items():
            if place not in here:
                words = in_words(self._theirs.shape(only.schema))
                self._found.add("missing here", "parameter", place, NOTHING, words, self._here.origin)

    def _shown(self, parameter: Parameter) -> str:
        return in_words(self._ours.shape(parameter.schema))

    def _answers(self) -> None:
        """Compare the good answers; where each side has one status that the other has not, these belong together."""
        here, there = self._here.good(), self._there.good()
        only_here = [status for status in here if status not in there]
        only_there = [status for status in there if status not in here]
        for status in here.keys() & there.keys():
            self._bodies(status, here[status], there[status])
        if len(only_here) == len(only_there) == 1:
            one, other = only_here[0], only_there[0]
            if "2XX" not in {one, other}:
                self._found.add("differs", "status", "", one, other, self._here.origin)
            self._bodies(one, here[one], there[other])
            return
        if not there and "default" in self._there.answers:
            return  # theirs does not tell good from bad
        for status in only_here:
            self._found.add("not in theirs", "status", status, status, NOTHING, self._here.origin)
        for status in only_there:
            self._found.add("missing here", "status", status, NOTHING, status, self._here.origin)

    def _bodies(self, place: str, here: Content | None, there: Content | None) -> None:
        aspect: Literal["body", "answer"] = "body" if place == "body" else "answer"
        if here is not None and there is not None:
            self._schemas(place, here.schema, there.schema, self._here.origin)
        elif here is not None:
            self._found.add("not in theirs", aspect, place, here.media_type, NOTHING, self._here.origin)
        elif there is not None:
            self._found.add("missing here", aspect, place, NOTHING, there.media_type, self._here.origin)

    def _schemas(self, place: str, here: JsonObject, there: JsonObject, origin: Origin) -> None:
        """Compare two schemas and, where both have them, what is inside."""
        pair = id(self._ours.follow(here)), id(self._theirs.follow(there))
        if pair in self._above:
            return
        self._above.add(pair)
        self._level(place, self._ours.shape(here), self._theirs.shape(there), origin)
        self._above.discard(pair)

    def _level(self, place: str, one: Shape, other: Shape, origin: Origin) -> None:
        inside = Origin(one.basis or origin.basis, one.source or origin.source)
        if one.kinds != other.kinds:
            self._found.add("differs", "type", place, in_words(one), in_words(other), origin)
        elif one.types:
            if one.nullable != other.nullable:
                words = "never null", "may be null"
                self._found.add("differs", "null", place, words[one.nullable], words[other.nullable], origin)
            if one.enum != other.enum:
                self._enums(place, one.enum, other.enum, origin)
            elif one.format != other.format:
                self._found.add("differs", "format", place, one.format or "any", other.format or "any", origin)
        shared = one.kinds & other.kinds
        if "object" in shared:
            self._objects(place, one, other, inside)
        if "array" in shared and (one.items is not None or other.items is not None):
            self._schemas(element(place), one.items or {}, other.items or {}, inside)

    def _enums(self, place: str, one: frozenset[str] | None, other: frozenset[str] | None, origin: Origin) -> None:
        if one is None or other is None:
            words = [f"one of {_listed(each)}" if each is not None else "any" for each in (one, other)]
        else:
            words = [f"also {_listed(each)}" if each else "not these" for each in (one - other, other - one)]
        self._found.add("differs", "enum", place, words[0], words[1], origin)

    def _objects(self, place: str, one: Shape, other: Shape, inside: Origin) -> None:
        if one.described != other.described:
            words = "its keys are not told", f"told: {', '.join(sorted({**one.properties, **other.properties}))}"
            self._found.add("differs", "keys", place, words[one.described], words[other.described], inside)
            return
        hidden = HIDDEN[self._way]
        mine = {key: it for key, it in one.properties.items() if self._ours.follow(it).get(hidden) is not True}
        others = {key: it for key, it in other.properties.items() if self._theirs.follow(it).get(hidden) is not True}
        for key in chain(mine, (key for key in others if key not in mine)):
            self._key(child(place, key), key, (one, mine.get(key)), (other, others.get(key)), inside)
        if one.values is not None and other.values is not None:
            self._schemas(child(place, "*"), one.values, other.values, inside)

    def _key(self, place: str, key: str, here: tuple[Shape, JsonObject | None], there: tuple[Shape, JsonObject | None],
             inside: Origin) -> None:  # fmt: skip
        (one, mine), (other, others) = here, there
        if mine is None and others is not None:
            words = in_words(self._theirs.shape(others))
            self._found.add("missing here", "field", place, NOTHING, words, inside)
        elif mine is not None and others is None:
            self._found.add("not in theirs", "field", place, in_words(self._ours.shape(mine)), NOTHING, inside.of(mine))
        elif mine is not None and others is not None:
            self._required(place, key in one.required, key in other.required, inside.of(mine))
            self._schemas(place, mine, others, inside.of(mine))

    def _required(self, place: str, here: bool, there: bool, origin: Origin) -> None:
        if self._way == "sent":
            words = "optional", "required"
        elif there:
            words = "may be left out", "always there"
        else:
            return
        if here != there:
            self._found.add("differs", "required", place, words[here], words[there], origin)


def _listed(values: frozenset[str]) -> str:
    """Return values of an enumeration in order, long lists cut."""
    shown = sorted(value.strip('"') or '""' for value in values)
    rest = len(shown) - SHOWN
    return ", ".join(shown[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
