"""The ledger: each refresh task is billed as a separate verification (refresh page)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.instants import DAY_US
from mock_truv.core.model import LedgerLine

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Task

GSE_DAYS = 90
"""Free re-verifications of a mortgage count within this time (data refresh page)."""


def bill(world: WorldBase, task: Task) -> None:
    """Write a line for a refresh task; the first ones within 90 days are free where the GSE rule is on."""
    assert task.link_id is not None, "a refresh has a link"
    link = world.state.links[task.link_id]
    since_us = world.now_us - GSE_DAYS * DAY_US
    link.free_us = [at_us for at_us in link.free_us if at_us > since_us]
    free = len(link.free_us) < world.state.profile.gse_refreshes
    if free:
        link.free_us.append(world.now_us)
    line = LedgerLine(
        at_us=world.now_us,
        task_id=task.id,
        link_id=task.link_id,
        product=task.product,
        order_id=task.order_id,
        free=free,
    )
    world.state.ledger.append(line)
    task.billed = True
    world.happened("billed", task.id, "free" if free else None, order_id=line.order_id, link_id=line.link_id)
