from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from mock_truv.api.parsing import parse_query
from mock_truv.core.errors import WrongInput


class Wanted(msgspec.Struct):
    page: Annotated[int, Meta(ge=1, le=999)] | None = None
    whole: bool | None = None
    name: Annotated[str, Meta(max_length=3)] | None = None


def test_a_query_is_read_by_its_type() -> None:
    """Numbers and booleans are read from text, the last value counts, an empty one is none, others are tolerated."""
    found = parse_query("page=1&page=2&whole=true&name=&other=x", Wanted)
    assert found == Wanted(page=2, whole=True, name=None)


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("page=0", "page", "a whole number"),
        ("page=two", "page", "a whole number"),
        ("page=99999999999999999999", "page", "a whole number"),
        ("page=1e2", "page", "a whole number"),
        ("page=1.0", "page", "a whole number"),
        ("whole=perhaps", "whole", "true or false"),
        ("name=long", "name", "at most 3 characters"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, field: str, text: str) -> None:
    """What a parameter has to be is said, and which one it is."""
    with pytest.raises(WrongInput) as caught:
        parse_query(query, Wanted)
    (entry,) = caught.value.body()["error"]["extra"]["invalid-params"]
    assert entry["field"] == field
    assert text in entry["message"]


def test_every_wrong_parameter_is_named_at_once() -> None:
    """Several wrong parameters are several entries."""
    with pytest.raises(WrongInput) as caught:
        parse_query("page=x&whole=x", Wanted)
    assert len(caught.value.body()["error"]["extra"]["invalid-params"]) == 2
