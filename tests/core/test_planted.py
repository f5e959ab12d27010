"""The search for bugs finds bugs: planted ones, by the very test that finds none in the engine as it is."""

from __future__ import annotations

import os
import time

import pytest

from tests.core.planted import BUGS, Bug, planted
from tests.core.test_random_world import SECONDS, Counts, search

BUDGET_SECONDS = 60
USUAL = (BUGS[1], BUGS[5], BUGS[9])
"""Found at once; all of them are planted where a search is asked for."""


@pytest.mark.parametrize("bug", BUGS if SECONDS in os.environ else USUAL, ids=str)
def test_a_planted_bug_is_found(bug: Bug, capsys: pytest.CaptureFixture[str]) -> None:
    """With a bug in the engine the search ends with an exception or a broken rule within a minute."""
    counts = Counts()
    started = time.monotonic()
    with planted(bug), pytest.raises(Exception) as found:  # noqa: PT011 -- whatever it is that gives the bug away
        search(BUDGET_SECONDS, counts)
    if SECONDS in os.environ:
        took = time.monotonic() - started
        what = (str(found.value) or type(found.value).__name__).splitlines()[0]
        with capsys.disabled():
            print(f"\n{bug}: found after {took:.1f} s, {counts}: {what}")  # noqa: T201 -- the figure it is run for


def test_what_was_planted_is_taken_out_again() -> None:
    """Afterwards every function is as it was."""
    for bug in BUGS:
        sound = bug.function.__code__
        with planted(bug):
            assert bug.function.__code__ is not sound
        assert bug.function.__code__ is sound
