"""What an ending does to a wanted employer. One function for each reaction; all inside one write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import rules
from mock_truv.contract.reference.rules import DAY_US, Verdict, entries
from mock_truv.contract.reference.store import packed

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.reading import Finding
    from mock_truv.contract.reference.store import Row


def react(context: Context, attempt: Row, finding: Finding, *, siblings: bool) -> None:
    """Do what a verdict asks for; ``siblings``: other employers of the attempt have not ended yet."""
    part, reason = finding.part, finding.reason or ""
    match finding.verdict:
        case Verdict.DONE:
            done(context, attempt, finding)
        case Verdict.LINK:
            context.store.do("INSERT OR REPLACE INTO links VALUES (?, 'broken')", part["link_id"])
            at_us = context.now_us() + (rules.SIBLINGS_US if siblings else 0)
            context.set_slot(part, "REAUTH_NEEDED", reason=reason, at_us=at_us)
        case Verdict.RETRY | Verdict.BRIEF_RETRY:
            _retry(context, part, reason, brief=finding.verdict is Verdict.BRIEF_RETRY)
        case Verdict.LIMIT:
            limit(context, part)
        case Verdict.OFFER_AGAIN:
            offer_again(context, part, reason)
        case _:
            manual(context, part, reason)


def done(context: Context, attempt: Row, finding: Finding) -> None:
    """Take the data over. After a login the order is the connection's source from now on."""
    part, link_id = finding.part, finding.link_id
    assert finding.data is not None, "what is done has data"
    case = context.store.case(part["case_id"])
    assert case is not None, "cases are never deleted"
    if attempt["kind"] != "refresh" and not _is_expected(part, link_id, finding.data):
        manual(context, part, "another account was connected")
        return
    fields: dict[str, Any] = {"data": packed(finding.data), "data_cycle": case["cycle"], "reason": None}
    confirmed: dict[str, Any] = {}
    if attempt["kind"] == "link":
        confirmed = {"source_order": attempt["order_id"], "source_sub": finding.sub, "link_id": link_id,
                     "source_user": finding.user_id}  # fmt: skip
    context.store.do("DELETE FROM links WHERE link_id = ? AND state = 'broken'", link_id)
    context.set_slot(part, "READY", **fields, **confirmed)
    if attempt["kind"] != "refresh":
        _free_others(context, attempt, part, confirmed)


def _is_expected(part: Row, link_id: str | None, data: dict[str, Any]) -> bool:
    """Return whether a login opened the job that was asked for: the same connection, or the same employer and start."""
    return link_id == part["link_id"] or any(
        _same(part["company"], (each.get("company") or {}).get("name"))
        and _same(part["begun_on"], each.get("start_date"))
        for each in entries(data["items"])
    )


def _same(known: str | None, shown: object) -> bool:
    """Return whether two names are the same; what is not known on one side contradicts nothing."""
    return known is None or shown is None or known.strip().casefold() == str(shown).strip().casefold()


def _free_others(context: Context, attempt: Row, part: Row, confirmed: dict[str, Any]) -> None:
    """Let the person's other cases that wait for the same connection go on with the one that was just confirmed."""
    for slot in context.store.rows(
        "SELECT slots.case_id, employer_id FROM slots JOIN cases USING (case_id) WHERE person_ref = ?"
        " AND slots.link_id = ? AND slots.state = 'REAUTH_NEEDED' AND NOT closed",
        attempt["person_ref"], part["link_id"],
    ):  # fmt: skip
        context.set_slot(slot, "DUE", at_us=context.now_us(), attempt_id=None, **confirmed)
        context.arm_cases([slot["case_id"]])


def _retry(context: Context, part: Row, reason: str, *, brief: bool) -> None:
    """Refresh later, ever more rarely, and not without end."""
    slot = _slot(context, part)
    tries, errors = slot["tries"] + 1, slot["errors"] + brief
    context.store.change("slots", _key(part), tries=tries, errors=errors)
    if tries >= rules.TRIES_MAX or errors > rules.ERROR_RETRIES_MAX:
        manual(context, part, reason)
        return
    pause_us = context.pause_us(rules.FIRST_RETRY_US, tries - 1, DAY_US, part["case_id"], part["employer_id"])
    context.set_slot(part, "RETRY_WAIT", reason=reason, at_us=context.now_us() + pause_us)


def limit(context: Context, part: Row) -> None:
    """Wait until the connection's window is open again."""
    limits = _slot(context, part)["limits"] + 1
    context.store.change("slots", _key(part), limits=limits)
    if limits > rules.LIMIT_WAITS_MAX:
        manual(context, part, "refresh_limit")
        return
    at_us = context.window_surely_open_us(part["link_id"])
    context.set_slot(part, "LIMIT_WAIT", reason="refresh_limit", at_us=at_us)


def refused(context: Context, part: Row, status: int) -> None:
    """Repeat what was refused for good once, then leave it to somebody."""
    refusals = _slot(context, part)["refusals"] + 1
    context.store.change("slots", _key(part), refusals=refusals)
    if refusals >= rules.REFUSALS_MAX:
        manual(context, part, f"http_{status}")
    else:
        again(context, part, context.now_us() + rules.REPEAT_AFTER_US)


def lost(context: Context, part: Row) -> None:
    """Repeat a request that made nothing, as far as one can see."""
    unknowns = _slot(context, part)["unknowns"] + 1
    context.store.change("slots", _key(part), unknowns=unknowns, reason="unknown outcome, repeated")
    if unknowns >= rules.UNKNOWNS_MAX:
        manual(context, part, "unknown outcome")
    else:
        again(context, part, context.now_us())


def again(context: Context, part: Row, at_us: int) -> None:
    """Put an employer back to where it was before a request that made nothing."""
    slot = _slot(context, part)
    offered = slot["link_id"] is None or context.store.row("SELECT 1 FROM links WHERE link_id = ?", slot["link_id"])
    waits_for_person = slot["state"] == "REAUTH_NEEDED" or bool(offered)
    context.set_slot(part, "REAUTH_NEEDED" if waits_for_person else "DUE", at_us=at_us, attempt_id=None)


def offer_again(context: Context, part: Row, reason: str) -> None:
    """Ask the person once more, a day after the last time; how often, the next offer decides."""
    slot = _slot(context, part)
    at_us = max((slot["offered_us"] or 0) + rules.OFFER_PAUSE_US, context.now_us())
    context.set_slot(part, "REAUTH_NEEDED", reason=reason, at_us=at_us, attempt_id=None)


def manual(context: Context, part: Row, reason: str) -> None:
    """Leave an employer to a caseworker."""
    context.set_slot(part, "MANUAL", reason=reason, at_us=None)


def arm(context: Context, parts: list[Row]) -> None:
    """Arm the timers of everybody an attempt was for."""
    context.arm_cases(part["case_id"] for part in parts)
    for case_id in sorted({part["case_id"] for part in parts}):
        found = context.store.rows(
            "SELECT person_ref, min(slots.at_us) AS at_us FROM slots JOIN cases USING (case_id)"
            " WHERE case_id = ? AND slots.state = 'REAUTH_NEEDED' AND NOT closed", case_id)[0]  # fmt: skip
        if found["at_us"] is not None:
            context.store.set_timer("person", found["person_ref"], found["at_us"])


def _key(part: Row) -> dict[str, Any]:
    return {"case_id": part["case_id"], "employer_id": part["employer_id"]}


def _slot(context: Context, part: Row) -> Row:
    slot = context.store.row(
        "SELECT * FROM slots WHERE case_id = ? AND employer_id = ?", part["case_id"], part["employer_id"])  # fmt: skip
    assert slot is not None, "employers are never deleted"
    return slot
