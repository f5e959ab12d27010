"""Which requests a fault's path pattern meets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.core.striking import matches


def by_expression(pattern: str, path: str) -> bool:
    """Say the same by a regular expression: right, but slow for patterns made to be slow."""
    pieces = re.split(r"(\*\*?)", pattern.rstrip("/"))
    text = "".join({"**": ".*", "*": "[^/]*"}.get(piece, re.escape(piece)) for piece in pieces)
    return re.fullmatch(text, path.rstrip("/")) is not None


@settings(max_examples=300, deadline=None)
@given(st.text("ab/*", max_size=8), st.text("ab/", max_size=10))
def test_patterns_mean_what_they_say(pattern: str, path: str) -> None:
    """A star stands for anything within one part of a path, two stars for anything."""
    assert matches(pattern, path) is by_expression(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("**", "/v1/orders/", True),
        ("/v1/orders/*/", "/v1/orders/77", True),
        ("/v1/orders/*", "/v1/orders/77/cancel/", False),
        ("/v1/orders/**", "/v1/orders/77/cancel/", True),
        ("/v1/*/77", "/v1/orders/77/", True),
        ("/v1/orders/", "/v1/orders", True),
    ],
)
def test_paths(pattern: str, path: str, fits: bool) -> None:
    """Patterns of the manual meet the paths they are meant for; a trailing slash does not matter."""
    assert matches(pattern, path) is fits


def test_no_pattern_is_slow() -> None:
    """A pattern made to send a backtracking matcher astray is answered like any other."""
    assert not matches("**a" * 66, "/v1/orders/" + "a" * 60 + "b")
    assert not matches("*a" * 100, "a" * 5000 + "b")
