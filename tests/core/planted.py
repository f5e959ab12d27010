"""Bugs planted on purpose: each is one changed piece of source of one function of the engine, for as long as wanted."""

from __future__ import annotations

import inspect
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_truv.api import orders as api_orders
from mock_truv.core import base, billing, deliveries, ids, orders, progress, striking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Bug:
    """In ``function``, ``right`` stands as ``wrong``."""

    name: str
    function: Callable[..., Any]
    right: str
    wrong: str

    def __str__(self) -> str:
        return self.name


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Let the engine have a bug, wherever its function was imported to."""
    function: Any = inspect.unwrap(bug.function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(bug.right) == 1, f"{bug}: the source reads differently now; plant it elsewhere"
    text = "from __future__ import annotations\n" + source.replace(bug.right, bug.wrong)
    namespace: dict[str, Any] = {**function.__globals__}
    exec(compile(text, f"planted: {bug}", "exec"), namespace)
    sound = function.__code__
    function.__code__ = namespace[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = sound


BUGS = (
    Bug(
        "identifiers without the ordinal",
        base.WorldBase.new_id, "return ids.identifier(state.seed, kind, ordinal)",
        "return ids.identifier(state.seed, kind, min(ordinal, 2))",
    ),
    Bug(
        "a ledger line twice",
        billing.bill, "world.state.ledger.append(line)", "world.state.ledger += [line, line]",
    ),
    Bug(
        "a refresh exactly at the edge of the window still counts",
        orders._old, "hours * HOUR_US)", "hours * HOUR_US - 1)",
    ),
    Bug(
        "a refresh order shares its suborders' identifiers whatever the knob says",
        orders._copy_suborder, 'employer_ids == "equal"', 'employer_ids != "none"',
    ),
    Bug(
        "reading an order touches it",
        api_orders.read, "lag_us = ", "call.world.touch(call.target); lag_us = ",
    ),
    Bug(
        "one retry too many",
        deliveries.record, "tried <= profile.webhook_retries", "tried <= profile.webhook_retries + 1",
    ),
    Bug(
        "a suborder's new status does not touch it",
        progress.set_suborder, "world.touch(suborder)", "pass",
    ),
    Bug(
        "a canceled suborder completes with the task that still ran",
        progress._waiting, "each.status in OPEN_SUBORDER", "each.status in (*OPEN_SUBORDER, SuborderStatus.CANCELED)",
    ),
    Bug(
        "chance from outside",
        ids.number, 'return int.from_bytes(digest, "big") % below', "return id(object()) // 16 % below",
    ),
    Bug(
        "the counters of faults are kept outside the edge",
        striking._strikes, "active.seen += 1",
        "seen = striking_request.__dict__; active.seen = seen[active.id] = seen.get(active.id, 0) + 1",
    ),
)  # fmt: skip
"""Ten of different kinds: identifiers, money, limits, knobs, reads, webhooks, time stamps, statuses, chance, state."""
