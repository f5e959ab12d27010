"""Mutants of section A: one refresh, its new id, its shape, its completion."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

MUTANTS = (
    Mutant(
        "RF-01", "each-click-buys", "Takes every click as the wish for another refresh, also in the same cycle.",
        (
            Edit("program.py", 'if case["closed"] or store.row("SELECT 1 FROM cycles WHERE case_id = ? AND cycle = ?", '
                 "case_id, cycle):", 'if case["closed"]:'),
            Edit("program.py", '        store.insert("cycles", case_id=case_id, cycle=cycle)\n', ""),
        ),
    ),
    Mutant(
        "RF-02", "keeps-the-original-id", "Goes on with the id of the order that it refreshed.",
        (Edit("attempts.py", 'status="running", order_id=order["id"],',
              'status="running", order_id=order.get("initial_order") or order["id"],'),),
    ),
    Mutant(
        "RF-03", "always-income", "Asks for income whatever the case is for.",
        (Edit("refreshing.py", 'body = {"products": [case["product"]],', 'body = {"products": ["income"],'),),
    ),
    Mutant(
        "RF-04", "names-no-employers", "Leaves the employers out, so that a retry refreshes all of them.",
        (Edit("refreshing.py", 'body = {"products": [case["product"]], "employers": [{"id": slot["source_sub"]}'
              " for slot in group]}", 'body = {"products": [case["product"]]}'),),
    ),
    Mutant(
        "RF-04", "numbers-employers-by-place", "Names the employers by their place in the case, not by Truv's ids.",
        (Edit("refreshing.py", '[{"id": slot["source_sub"]} for slot in group]',
              '[{"id": str(slot["position"] + 1)} for slot in group]'),),
    ),
    Mutant(
        "RF-05", "accepted-is-done", "Takes the accepted order as complete and shows what there is then.",
        (
            Edit("reading.py", 'if status == "completed":', 'if status in {"completed", "pending"}:'),
            Edit("reading.py", 'report.get("status") != "done" or ended_us is None or', "ended_us is not None and"),
            Edit("reading.py", "if not employments or _is_known_report(", "if _is_known_report("),
        ),
    ),
    Mutant(
        "RF-06", "looks-every-few-hours", "Ignores the events and looks at the order hours later.",
        (
            Edit("context.py", 'POLL_MAX_US = {"refresh": 10 * MINUTE_US,', 'POLL_MAX_US = {"refresh": 5 * HOUR_US,'),
            Edit("attempts.py", "FIRST_POLL = 3\n", "FIRST_POLL = 9\n"),
            Edit("webhooks.py", '_text(event, "event_type") in TOLD', '_text(event, "event_type") == "link-deleted"'),
        ),
    ),
    Mutant(
        "RF-07", "any-sibling-will-do", "Takes any order of the same source for the one whose answer was lost.",
        (
            Edit("settling.py", 'if created_us is None or created_us < attempt["started_us"] - '
                 "rules.CREATED_EARLIER_US:", "if created_us is None:"),
            Edit("settling.py", 'for order in entries(page.body["results"]):',
                 'for order in reversed(entries(page.body["results"])):'),
        ),
    ),
)  # fmt: skip
"""What integrators get wrong before anything has failed."""
