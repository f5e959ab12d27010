"""I. Bulk, third part: a run in the middle of which the program dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.bulk import due_cases, has_budget, is_closed, repeated, state_of
from mock_truv.contract.clauses.common import Casebook, at
from mock_truv.contract.clauses.i_bulk import SECTION
from mock_truv.contract.clauses.i_plans import resumed_plans
from mock_truv.core.instants import DAY_US, HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Called, Died


# --- RF-98 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-98", "MUST", "resumable", section=SECTION, needs=("bulk", "persist"), plans=resumed_plans,
    full_plans=lambda: (bulk_plans.killed(10_000, after=(1, 137, 9_999)),),
    source="inferred: cursors saved at the end only were seen to repeat or skip work",
    advice="Keep the run's list and every step of it in the store; after a start go on where the store says.",
)  # fmt: skip
def runs_resume(history: History) -> Iterator[Trigger | Breach]:
    """A run in which the program dies has the same effect, after the restart, as one that was not interrupted."""
    book = Casebook.of(history)
    for death in book.deaths:
        run = next((it for it in reversed(history.calls("run_due")) if it.seq < death.seq), None)
        if run is None or death.back_us is None:
            continue
        due = due_cases(book, run)
        begun = [case_id for case_id in due if any((it.sent_seq or 0) < death.seq for it in book.refreshes(case_id))]
        if not due or death.at_us - run.at_us > DAY_US:
            continue
        yield Trigger(death.at_us, f"killed when {len(begun)} of {len(due)} due cases were begun: {death.where}")
        yield from _skipped(book, run, death, due)
    yield from _done_twice(book)


def _skipped(book: Casebook, run: Called, death: Died, due: list[str]) -> Iterator[Breach]:
    history, back_us = book.history, death.back_us or 0
    due_us = book.until(back_us, "B-STUCK", extra_us=HOUR_US)
    if due_us is None or has_budget(book) or book.waits_for_run(back_us, due_us):
        return
    troubles = {op.order_id for op in history.sent if (op.fault or op.error or (op.status or 0) >= 400)
                and op.error != "crash"}  # fmt: skip
    skipped = []
    for case_id in due:
        facts = history.cases[case_id]
        touched = facts.order_id in troubles or any(link in book.deleted_us for link in facts.links.values())
        over = is_closed(book, case_id, due_us) or book.cycle_ends_us(case_id, run.cycle, run.at_us) < due_us
        ours = any(book.refreshes(kin) or book.link_orders(kin) for kin in book.kin(case_id))
        if not touched and not over and not ours:
            skipped.append(case_id)
    if skipped:
        yield Breach(
            due_us,
            f"the program was killed at {at(history, death.at_us)} ({death.when}), in the run of"
            f" {run.cycle} (of {at(history, run.at_us)}); started again at {at(history, back_us)}, it had not begun"
            f" {len(skipped)} of {len(due)} due cases by {at(history, due_us)}: {', '.join(skipped[:3])}",
            "every case that the run was for is begun after the restart",
            ops=(run, death),
        )


def _done_twice(book: Casebook) -> Iterator[Breach]:
    for case_id in book.history.cases if book.deaths else ():
        for first, second in repeated(book, case_id):
            between = [it for it in book.deaths if (first.sent_seq or 0) < it.seq < (second.sent_seq or 0)]
            asked = [it for it in book.asked(case_id) if first.at_us <= it.at_us <= second.at_us]
            if between and not any(it.cycle != book.cycle_of(second) for it in asked):
                yield Breach(
                    second.at_us,
                    f"{case_id} was refreshed by order {first.order_id} at {at(book.history, first.at_us)}"
                    f" ({state_of(first)}), the program was killed at {at(book.history, between[0].at_us)}, and order"
                    f" {second.order_id} refreshed the same connection again at {at(book.history, second.at_us)}",
                    "what was begun before the crash is finished, not begun again",
                    ops=(*book.evidence(first), between[0], *book.evidence(second)),
                )
