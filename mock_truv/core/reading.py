"""What a task leaves behind when it is done: data that were read and told of, or pay that goes elsewhere.

Events: tasks events page. Employments and their statements are found at payroll providers and in documents, never at
banks and insurers, whose links tell only of the task itself (inferred).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import deposits, link_data, notices, products, records

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Task


def finish(world: WorldBase, task: Task) -> None:
    """Let a task that is about to be done do what its product is for."""
    link = world.state.links[task.link_id or ""]
    if task.product in products.SWITCHES:
        deposits.switch(world, link, task)
    else:
        _read(world, link, task)


def _read(world: WorldBase, link: Link, task: Task) -> None:
    """Read the data of a link, and announce them: ``…-created`` by a person's login, ``…-updated`` by a refresh."""
    before, before_us = link.statement_counts, link.read_us
    link.read_us = world.now_us
    known = link.payloads
    records.take_over(world, link, task.script)
    if link.payloads is not known:
        world.touch(link)
    task.is_suspicious = link.is_suspicious
    link.statement_counts = records.statement_counts(world, link, world.now_us)
    accounts = {} if before_us is None else {it.key: it.accounts for it in records.shown(world, link, before_us)}
    shifts = link_data.new_shifts(world, link, before_us if task.is_refresh else None)
    word = "updated" if task.is_refresh else "created"
    for it in records.shown(world, link):
        notices.object_changed(world, f"employment-{word}", task, it.employment_id)
        notices.object_changed(world, f"profile-{word}", task, it.profile_id)
        count = link.statement_counts[it.key]
        if count and (not task.is_refresh or count != before.get(it.key)):
            notices.objects_counted(world, f"statements-{word}", task, it.employment_id, count)
        if it.key in shifts:
            notices.objects_counted(world, f"shifts-{word}", task, it.employment_id, shifts[it.key])
        if it.accounts and (not task.is_refresh or it.accounts != accounts.get(it.key, it.accounts)):
            notices.objects_counted(world, f"bank-accounts-{word}", task, it.employment_id, it.accounts)
