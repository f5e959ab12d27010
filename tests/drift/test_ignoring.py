"""The ignore file: what is covered is left out with its reason, what covers nothing is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_truv.drift.difference import KINDS, Difference
from mock_truv.drift.ignoring import Entry, IgnoreError, read_ignored, sift

if TYPE_CHECKING:
    from pathlib import Path

differences = st.builds(
    Difference,
    path=st.sampled_from(["/v1/orders/", "/v1/orders/{order_id}/", "/v1/users/"]),
    method=st.sampled_from(["GET", "POST"]),
    place=st.sampled_from(["", "body ssn", "200 results[].status", "200 [].id", "query page"]),
    aspect=st.sampled_from(["field", "enum"]),
    kind=st.sampled_from(KINDS),
    here=st.just("a"),
    there=st.just("b"),
    basis=st.just(""),
    source=st.just(""),
)
entries = st.builds(
    Entry,
    reason=st.just("known"),
    operation=st.sampled_from(["*", "GET *", "* /v1/orders/{id}", "POST /v1/users/", "DELETE /v1/users/"]),
    place=st.sampled_from(["*", "200 *", "* results[].status", "200 [].*", "body ssn", "query *", ""]),
    kind=st.sampled_from([None, *KINDS]),
    aspect=st.sampled_from([None, "field"]),
)


@given(st.lists(differences, unique=True), st.lists(entries))
def test_nothing_is_lost(found: list[Difference], ignored: list[Entry]) -> None:
    """Each difference either counts or is ignored by an entry that covers it; unused entries cover none."""
    sifted = sift(found, ignored)
    assert sorted([*sifted.differences, *(it for it, _ in sifted.ignored)]) == sorted(found)
    assert all(entry.covers(it) for it, entry in sifted.ignored)
    assert not any(entry.covers(it) for it in sifted.differences for entry in ignored)
    unused = [entry for entry in ignored if not any(entry.covers(it) for it in found)]
    assert sifted.unused == unused


def difference(operation: str, place: str) -> Difference:
    method, path = operation.split()
    return Difference(path, method, place, "field", "differs", "a", "b", "", "")


@pytest.mark.parametrize(
    ("operation", "place", "is_covered"),
    [
        ("GET /v1/orders/{id}/", "200 employers[].status", True),
        ("GET /v1/orders/{order}", "200 employers[].status", True),
        ("* /v1/orders/*", "*[].status", True),
        ("GET /v1/orders/*", "*", True),
        ("GET /v1/order", "*", False),
        ("POST *", "*", False),
        ("*", "200 employers?.status", False),
        ("*", "200 employers[].statu", False),
        ("*", "employers[].status", False),
    ],
)
def test_patterns(operation: str, place: str, is_covered: bool) -> None:
    """A star stands for any text and nothing else is special; names of path parameters do not matter."""
    entry = Entry(reason="r", operation=operation, place=place)
    assert entry.covers(difference("GET /v1/orders/{order_id}/", "200 employers[].status")) == is_covered


def test_an_entry_about_what_was_not_tried_is_not_unused() -> None:
    """Where only some operations were looked at, entries about others are left alone."""
    about = [Entry(reason="r", operation="GET /v1/users/"), Entry(reason="r", operation="POST /v1/users/")]
    assert sift([], about, tried=["GET /v1/users/"]).unused == about[:1]


FILES = {
    '[[ignore]]\noperation = "GET *"': "reason",
    '[[ignore]]\noperation = "GET *"\nreason = " "': "reason|regex|pattern",
    '[[ignore]]\nreason = "all of it"': "entry 1 names neither",
    '[[ignore]]\nreason = "all"\noperation = "**"': "entry 1 names neither",
    '[[ignore]]\nreason = "x"\nplace = "a"\nplaces = "b"': "places",
    '[[ignore]]\nreason = "x"\nplace = "a"\nkind = "odd"': "odd",
    "ignore = 1": "array",
    "[[ignore": "end of document|line 1",
}


@pytest.mark.parametrize("text", FILES)
def test_a_wrong_file_is_refused(text: str, tmp_path: Path) -> None:
    """An entry without a reason, for everything, or with a word that there is not: the message names it."""
    path = tmp_path / "drift.toml"
    path.write_text(text)
    with pytest.raises(IgnoreError, match=FILES[text]):
        read_ignored(path)


def test_a_right_file_is_read(tmp_path: Path) -> None:
    """All keys of an entry are read."""
    path = tmp_path / "drift.toml"
    path.write_text('[[ignore]]\noperation = "GET *"\nplace = "200 *"\nkind = "differs"\naspect = "enum"\nreason = "r"')
    assert read_ignored(path) == [Entry(reason="r", operation="GET *", place="200 *", kind="differs", aspect="enum")]
