"""What a completed reading announces: how many objects of each kind there are now."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mock_truv.core.instants import DAY_US, SECOND_US
from mock_truv.openapi.touring import Tour

KINDS = ("statements", "shifts")


def announced(it: Tour, word: str, since: int) -> dict[str, list[int]]:
    """Return {kind: counts} of the events of a word since so many webhooks."""
    sent: list[dict[str, Any]] = [msgspec.json.decode(each.body) for each in it.world.state.deliveries.values()][since:]
    return {kind: [each["objects_count"] for each in sent if each["event_type"] == f"{kind}-{word}"] for kind in KINDS}


def listed(it: Tour, link_id: str) -> dict[str, int]:
    """Return {kind: how many a link lists}."""
    return {kind: it.call("GET", f"/links/{{link}}/{kind}/", link=link_id)["count"] for kind in KINDS}


@pytest.mark.parametrize("login", ["hourly.part-time", "hourly.two-jobs", "gig-worker", "volunteer", "goodlogin"])
def test_counts_are_those_of_the_lists(login: str) -> None:
    """A login announces as many statements and shifts as are listed; a refresh only those that have become more."""
    it = Tour()
    _, link_id = it.connect("income", login)
    before = listed(it, link_id)
    assert {kind: sum(counts) for kind, counts in announced(it, "created", 0).items()} == before
    token = it.world.state.links[link_id].access_token
    for days in (0, 45):
        it.wait(days * DAY_US + SECOND_US)
        known = len(it.world.state.deliveries)
        it.call("POST", "/refresh/tasks/", {"access_token": token})
        it.wait()
        after = listed(it, link_id)
        told = {kind: sum(counts) for kind, counts in announced(it, "updated", known).items()}
        assert told == {kind: after[kind] if after[kind] != before[kind] else 0 for kind in KINDS}
        before = after


def test_employment_alone_tells_of_no_shifts() -> None:
    """A link that may not show pay lists no shifts, and announces none."""
    it = Tour()
    _, link_id = it.connect("employment", "hourly.part-time")
    assert listed(it, link_id)["shifts"] == 0
    assert announced(it, "created", 0)["shifts"] == []
