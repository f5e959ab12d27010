"""What an order says about each employer it is for, with the further reads that this may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import rules
from mock_truv.contract.reference.rules import Verdict, entries, instant_us, is_limit
from mock_truv.contract.reference.truv import Known, Refused

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row

Shown = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """How it stands with one employer of an attempt."""

    part: Row
    verdict: Verdict
    reason: str | None = None
    link_id: str | None = None
    sub: str | None = None
    """The suborder in the order that was read."""
    user_id: str | None = None
    data: Shown | None = None
    refused: bool = False
    """A report that should be there is not."""


def findings(context: Context, attempt: Row, order: Shown, parts: list[Row]) -> list[Finding]:
    """Return a finding for every employer of an attempt, RUNNING where nothing is certain."""
    shown, found = entries(order.get("employers")), []
    for part in parts:
        entry = entry_of(part, shown, alone=len(parts) == 1)
        found.append(_finding(context, attempt, order, part, entry) if entry else Finding(part, Verdict.RUNNING))
    return found


def entry_of(part: Row, shown: list[Shown], *, alone: bool) -> Shown | None:
    """Return the order's entry for an employer: by suborder, else by connection, else by name."""
    for same in (
        lambda it: part["sub"] in {it.get("id"), it.get("suborder_number")},
        lambda it: part["link_id"] is not None and it.get("link_id") == part["link_id"],
        lambda it: part["company"] is not None and it.get("company_name") == part["company"],
    ):
        matching = [entry for entry in shown if same(entry)]
        if len(matching) == 1:
            return matching[0]
    return shown[0] if alone and len(shown) == 1 else None


def _finding(context: Context, attempt: Row, order: Shown, part: Row, entry: Shown) -> Finding:
    status, running = str(entry.get("status")), Finding(part, Verdict.RUNNING)
    if status == "completed":
        return _completed(context, attempt, order, part, entry)
    if attempt["kind"] == "link":
        verdict = rules.LINK_ORDER.get(status, Verdict.RUNNING)
        return Finding(part, verdict, status) if verdict is not Verdict.RUNNING else running
    if status not in rules.FAILED:
        return running
    cause = status if status != "error" else _cause(context, attempt, entry)
    if cause is None:
        return running
    if cause == "refresh_limit":
        return Finding(part, Verdict.LIMIT, cause)
    return Finding(part, rules.TASKS.get(cause, Verdict.MANUAL), cause)


def _cause(context: Context, attempt: Row, entry: Shown) -> str | None:
    """Return the exact status of a failed refresh from the read that shows it; None: it cannot be read now."""
    tasks, link_id = entries(entry.get("tasks")), entry.get("link_id")
    for task in tasks[-1:]:
        if is_limit(str(task.get("error_message"))):
            return "refresh_limit"
        if str(task.get("status")) in rules.EXACT:
            return str(task["status"])
        outcome = context.truv.read_task(str(task.get("id")))
        if not isinstance(outcome, Known | Refused):
            return None
        if isinstance(outcome, Known) and str(outcome.body.get("status")) in rules.EXACT:
            return str(outcome.body["status"])
    if isinstance(link_id, str):
        outcome = context.truv.read_report(link_id, attempt["product"])
        field = "refresh_status"
        if isinstance(outcome, Refused):
            outcome, field = context.truv.read_link(link_id), "status"
        if not isinstance(outcome, Known | Refused):
            return None
        if isinstance(outcome, Known) and str(outcome.body.get(field)) in rules.EXACT:
            return str(outcome.body[field])
    return "error"


def _completed(context: Context, attempt: Row, order: Shown, part: Row, entry: Shown) -> Finding:
    """Return DONE with the data, RUNNING as long as they are not there or still the old ones."""
    link_id, report_id = entry.get("link_id"), order.get("voie_report_id")
    running = Finding(part, Verdict.RUNNING)
    employments = entries(entry.get("employments"))
    done = [task for task in entries(entry.get("tasks")) if task.get("status") == "done"]
    as_of = next((task.get("updated_at") for task in done[-1:]), None)
    as_of = as_of or order.get("completed_at") or order.get("updated_at")
    if not employments and isinstance(link_id, str):
        outcome = context.truv.read_report(link_id, attempt["product"])
        if not isinstance(outcome, Known):
            return Finding(part, Verdict.RUNNING, refused=isinstance(outcome, Refused))
        report = outcome.body
        ended_us = instant_us(report.get("finished_at")) or instant_us(report.get("completed_at"))
        if report.get("status") != "done" or ended_us is None or ended_us < (attempt["created_us"] or 0):
            return running
        employments, as_of = entries(report.get("employments")), rules.text_of(ended_us)
        report_id = report_id or report.get("id")
    if not employments or _is_known_report(context, part, order, report_id):
        return running
    data = {"order_id": order["id"], "report_id": report_id, "as_of": as_of, "items": employments}
    return Finding(part, Verdict.DONE, None, link_id if isinstance(link_id, str) else None, str(entry.get("id")),
                   order.get("user_id"), data)  # fmt: skip


def _is_known_report(context: Context, part: Row, order: Shown, report_id: object) -> bool:
    """Return whether a report is one that was read from an earlier order."""
    row = context.store.row(
        "SELECT json_extract(data, '$.report_id') AS report_id, json_extract(data, '$.order_id') AS order_id FROM slots"
        " WHERE case_id = ? AND employer_id = ? AND data IS NOT NULL", part["case_id"], part["employer_id"]
    )  # fmt: skip
    return (
        row is not None and report_id is not None and row["report_id"] == report_id and row["order_id"] != order["id"]
    )
