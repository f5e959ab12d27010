"""Which fault meets a request or an event, and whether it strikes: its turn, its times, its chance."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mock_truv.core import ids
from mock_truv.core.faults import RequestFault, WebhookFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.base import WorldBase
    from mock_truv.core.faults import Active, RequestFaults


def striking_request(world: WorldBase, method: str, path: str) -> RequestFaults | None:
    """Return the first fault that meets a request, and count it."""
    for active in world.state.edge.faults.values():
        fault = active.fault
        if isinstance(fault, RequestFault) and _fits(fault, method, path) and _strikes(world, active):
            assert not isinstance(fault, WebhookFault)
            return fault
    return None


def striking_event(world: WorldBase, event_type: str, status: str | None) -> Iterator[Active]:
    """Yield every fault that meets an event, and count it."""
    for active in list(world.state.edge.faults.values()):
        fault = active.fault
        if (
            isinstance(fault, WebhookFault)
            and fault.event_type in {None, event_type}
            and fault.status in {None, status}
            and _strikes(world, active)
        ):
            yield active


def _fits(fault: RequestFault, method: str, path: str) -> bool:
    return fault.method in {None, method} and matches(fault.path, path)


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[str, ...]:
    return tuple(piece for piece in re.split(r"(\*\*?)", pattern.rstrip("/")) if piece)


def matches(pattern: str, path: str) -> bool:
    """Return whether a path fits a pattern of ``*`` (within one part) and ``**`` (anything).

    All places in the path that a piece of the pattern may lead to are carried along, so the work is bounded by the
    product of both lengths, whatever the pattern.
    """
    path = path.rstrip("/")
    places = {0}
    for piece in _pieces(pattern):
        if not places:
            return False
        if piece == "**":
            places = set(range(min(places), len(path) + 1))
        elif piece == "*":
            ends = {at: path.find("/", at) for at in places}
            places = {to for at, end in ends.items() for to in range(at, (len(path) if end < 0 else end) + 1)}
        else:
            places = {at + len(piece) for at in places if path.startswith(piece, at)}
    return len(path) in places


def _strikes(world: WorldBase, active: Active) -> bool:
    """Count a match; return whether the fault strikes: its turn, its times, its chance."""
    fault = active.fault
    active.seen += 1
    if fault.nth and active.seen not in fault.nth:
        return False
    if fault.times is not None and active.used >= fault.times:
        return False
    edge = world.state.edge
    if fault.probability < 1:
        edge.draws += 1
        if ids.number(world.state.seed, "edge", edge.draws, 1_000_000) >= fault.probability * 1_000_000:
            return False
    active.used += 1
    return True
