"""D. Time: ages instead of outcomes, local times, lives that are computed, timers that are forgotten."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

LEARNT = '    context.arm_cases([case["case_id"]])\n'
TOO_OLD = """    if (rules.instant_us(order.get("created_at")) or 0) < context.now_us() - 180 * DAY_US:
        context.store.change("slots", {"case_id": case["case_id"]}, state="REAUTH_NEEDED", reason="too old")
        context.store.set_timer("person", case["person_ref"], context.now_us())
"""
DEAD = 'if expires_us <= context.truv_us or order.get("is_expired"):'
HEARD = 'if event["event_type"] == "order-created" or _text(event, "status") in QUIET:'
RARELY = Edit("context.py", '{"refresh": 10 * MINUTE_US,', '{"refresh": 12 * HOUR_US,')
SELDOM = Edit("attempts.py", "FIRST_POLL = 3", "FIRST_POLL = 12")

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "RF-30", "rf30-too-old", "It asks the person for a new login when the order is older than 180 days, untried.",
        (Edit("refreshing.py", LEARNT, TOO_OLD + LEARNT),),
    ),
    Mutant(
        "RF-31", "rf31-local-time", "It reads Truv's times as times of its own zone.",
        (Edit("rules.py", "    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)\n",
              "    moment = moment.replace(tzinfo=None).astimezone()\n"),),
    ),
    Mutant(
        "RF-32", "rf32-sends-what-it-has", "It sends the link without a look at its order's expiry.",
        (Edit("relinking.py", DEAD, "if False:"),),
    ),
    Mutant(
        "RF-33", "rf33-events-only", "It waits for events and never reads an order without one.",
        (Edit("attempts.py", "        context.poll_later(attempt, FIRST_POLL)\n",
              '        context.store.set_timer("attempt", attempt_id, None)\n'),),
    ),
    Mutant(
        "RF-34", "rf34-catches-up", "It counts a retry's pause from when the last retry was planned.",
        (Edit("endings.py", "reason=reason, at_us=context.now_us() + pause_us)",
              'reason=reason, at_us=(slot["at_us"] or context.now_us()) + pause_us)'),),
    ),
    Mutant(
        "RF-35", "rf35-fraction-wanted", "It does not understand an event whose updated_at has no fraction.",
        (Edit("webhooks.py", HEARD, HEARD[:-1] + ' or "." not in str(event.get("updated_at")):'), RARELY, SELDOM),
    ),
    Mutant(
        "RF-36", "rf36-after-the-day", "It takes a case to be due on the day after the one it is due on.",
        (Edit("program.py", 'WHERE due_on IS NULL OR due_on <= ? ORDER BY due_on, case_id"',
              'WHERE due_on IS NULL OR due_on < ? ORDER BY due_on, case_id"'),),
    ),
)  # fmt: skip
