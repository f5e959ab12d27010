"""One value against one schema: what is said about it, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from mock_truv.drift.answers import Judge, fits
from mock_truv.drift.descriptions import Described, Origin
from mock_truv.drift.difference import Difference, Gathered
from mock_truv.drift.schemas import Schemas

CLOSED = {"type": "object", "additionalProperties": False, "x-basis": "assumed", "x-source": "a guess"}


def judged(value: Any, schema: dict[str, Any]) -> list[Difference]:
    operation = Described("GET", "/v1/things/", Origin(), {}, None, {})
    gathered = Gathered(operation)
    Judge(Schemas({}), gathered).judge(value, schema, "200", Origin("documented", "a page"))
    return gathered.all()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("status", "brand_new", "also brand_new"),
        ("status", "two words", "a value that is not in our list"),
        ("status", "4111111111111111", "a value that is not in our list"),
        ("status", "x" * 41, "a value that is not in our list"),
        ("gender", "other", "a value that is not in our list"),
        ("first_name", "Marisol", "a value that is not in our list"),
        ("access_token", "abcdef", "a value that is not in our list"),
    ],
)
def test_a_new_word_is_shown_only_where_it_tells_nothing(key: str, value: str, said: str) -> None:
    """A word that an enumeration lacks is shown if it looks like one and its key tells nothing about a person."""
    (difference,) = judged({key: value}, {**CLOSED, "properties": {key: {"enum": ["known"]}}})
    assert (difference.aspect, difference.there) == ("enum", said)


@pytest.mark.parametrize("key", ["Marisol Quill", "a\n[31m", "", "x" * 65])
def test_a_strange_key_is_not_shown(key: str) -> None:
    """A key that is no plain name is reported without being repeated."""
    (difference,) = judged({key: 1}, {**CLOSED, "properties": {}})
    assert difference.place == "200 (a key that is no plain name)"
    assert (difference.basis, difference.source) == ("assumed", "a guess")


def test_the_same_difference_in_many_entries_is_one() -> None:
    """However many entries of a list have it, a difference is reported once."""
    schema = {"type": "array", "items": {**CLOSED, "properties": {"id": {"type": "string"}}, "required": ["id"]}}
    found = judged([{"id": 1}, {"id": 2}, {}, {}], schema)
    assert sorted((it.kind, it.aspect, it.place) for it in found) == [
        ("differs", "type", "200 [].id"),
        ("not in theirs", "field", "200 [].id"),
    ]


def test_numbers_without_a_fraction_are_integers() -> None:
    """JSON knows no difference between 1 and 1.0, and every integer is a number; a boolean is none."""
    assert judged([1, 1.0, 1.5], {"type": "array", "items": {"type": "number"}}) == []
    assert judged([1, 1.0], {"type": "array", "items": {"type": "integer"}}) == []
    assert len(judged([1.5], {"type": "array", "items": {"type": "integer"}})) == 1
    assert len(judged([True], {"type": "array", "items": {"type": "number"}})) == 1


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2026-02-01T10:00:00.000001Z", "date-time", True),
        ("2026-02-01 10:00:00+00:00", "date-time", True),
        ("2026-02-01", "date-time", False),
        ("2026-13-01T10:00:00Z", "date-time", False),
        ("2026-02-01T10:00:00", "date-time", False),
        ("2026-02-28", "date", True),
        ("2026-02-30", "date", False),
        ("20260228", "date", False),
        ("0b1c2d3e-0000-4000-8000-000000000000", "uuid", True),
        ("not one", "uuid", False),
        ("anything", "time", True),
    ],
)
def test_formats(text: str, form: str, expected: bool) -> None:
    """Dates, instants and UUIDs are told from other texts; other formats are not judged."""
    assert fits(text, form) == expected
