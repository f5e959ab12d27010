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
    return fault.method in {None, method} and _pattern(fault.path).fullmatch(path.rstrip("/")) is not None


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in re.split(r"(\*\*?)", path.rstrip("/")))
    return re.compile("".join({r"\*\*": ".*", r"\*": "[^/]*"}.get(part, part) for part in parts))


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
