"""A caseload through a year of virtual renewals, in one process: ``renewals.py [--cases N]`` (default 100,000).

Every case is refreshed each 90 days; where the refresh fails because a person is needed, a new order is made and the
person logs in. No webhooks are sent (nobody is subscribed): what is measured is the world, its agenda and its journal.
The result goes to ``benchmarks/results/renewals.json``.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from mock_truv.api.call import Request
from mock_truv.commands import CompleteBridge, MoveClock, PutScenario, Step
from mock_truv.core.instants import DAY_US, START_US
from mock_truv.core.logins import meaning
from mock_truv.core.scenario import PersonRule, Scenario
from mock_truv.journal.journal import Journal, open_journal
from mock_truv.runtime.hub import load_catalog

sys.path.insert(0, str(Path(__file__).parent))
from run import HERE, machine

CYCLE_DAYS = 90
CYCLES = 4
NEEDS_PERSON = ("login_error", "mfa_error")
MIX = (("truv_api", 0.6), ("tallyworks", 0.15), ("quillpay", 0.15), ("paycastle", 0.1))
"""Providers and their shares: OAuth of 180 and 365 days, sessions of 90 and 14 days."""


def post(journal: Journal, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a POST and return the answer."""
    text = json.dumps(body)
    answer = journal.handle(Request("POST", path, body=text, content_type="application/json")).answer
    assert answer is not None
    assert answer.status == 201, answer.body
    shown: dict[str, Any] = msgspec.json.decode(answer.body.replace(b"\x01", b""))
    return shown


def run_until(journal: Journal, to_us: int) -> None:
    """Let everything due happen."""
    while (due_us := journal.world.next_due_us()) is not None and due_us <= to_us:
        journal.handle(Step())
    if journal.world.now_us < to_us:
        journal.handle(MoveClock(to_us))


def renew_all(journal: Journal, current: dict[str, str]) -> Counter[str]:
    """Refresh every case; renew by a new order and a login what needs the person. Returns how the refreshes ended."""
    state = journal.world.state
    pending = {
        case: post(journal, f"/v1/orders/{order}/", {"products": ["income"]})["id"] for case, order in current.items()
    }
    run_until(journal, journal.world.now_us + DAY_US)
    endings: Counter[str] = Counter()
    for case, order_id in pending.items():
        task = state.tasks[state.orders[order_id].employers[0].task_ids[0]]
        endings[str(task.status)] += 1
        if task.status in NEEDS_PERSON:
            current[case] = log_in(journal, case)
    run_until(journal, journal.world.now_us + DAY_US)
    return endings


def log_in(journal: Journal, case: str) -> str:
    """Make a new order for a case and let its person log in where the account is."""
    user = journal.world.state.users[journal.world.state.users_by_external_id[case]]
    person = {
        "products": ["income"],
        "first_name": user.first_name,
        "last_name": user.last_name,
        "external_user_id": case,
    }
    order = post(journal, "/v1/orders/", person)
    link = journal.world.state.links[user.link_ids[0]]
    login = meaning(journal.world.catalog.people, "goodlogin", "goodpassword", None)
    journal.handle(CompleteBridge(order["bridge_token"], login, provider_id=link.provider_id))
    order_id: str = order["id"]
    return order_id


def main() -> int:
    """Run the year and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=100_000)
    cases: int = parser.parse_args().cases
    people = tuple(
        PersonRule(count=max(round(cases * share), 1), provider=provider, connected_ago="1d", spread="30d")
        for provider, share in MIX
    )
    started = time.perf_counter()
    journal = open_journal("renewals", 0, load_catalog(), now_us=START_US)
    story = Scenario(name="renewals", title="A year", why="A benchmark.", expect="Nothing.", person=people)
    journal.handle(PutScenario(story))
    furnished = time.perf_counter()
    state = journal.world.state
    current = {state.users[order.user_id].external_user_id or "": order.id for order in state.orders.values()}
    cycles = []
    for number in range(1, CYCLES + 1):
        run_until(journal, START_US + number * CYCLE_DAYS * DAY_US)
        begun = time.perf_counter()
        endings = renew_all(journal, current)
        cycles.append({"seconds": round(time.perf_counter() - begun, 1), "endings": dict(sorted(endings.items()))})
        print(f"cycle {number}: {cycles[-1]}", flush=True)
    result = {
        "cases": len(current),
        "furnish_seconds": round(furnished - started, 1),
        "year_seconds": round(time.perf_counter() - furnished, 1),
        "orders": len(state.orders),
        "commands": journal.seq,
        "folded_until": journal.folded_until,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cycles": cycles,
        "machine": machine(),
    }
    (HERE / "results" / "renewals.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "machine"}, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
