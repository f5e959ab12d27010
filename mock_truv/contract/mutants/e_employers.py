"""Mutants of section E: programs that take several employers for one."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

MUTANTS = (
    Mutant(
        "RF-40", "ready-when-any-is", "It shows a case as complete as soon as one of its employers was refreshed.",
        (Edit("rules.py", 'if states and all(state == "READY" for state in states):', 'if "READY" in states:'),),
    ),
    Mutant(
        "RF-40", "failed-when-any-is", "It shows a case and all its employers as failed when one of them failed.",
        (
            Edit("program.py", '{slot["employer_id"]: slot["state"] for slot in slots},',
                 '{slot["employer_id"]: self._state(case, slots) for slot in slots},'),
            Edit("rules.py", '        return "PARTIAL"\n',
                 "        return next(each for each in URGENT if each in states)\n"),
        ),
    ),
    Mutant(
        "RF-41", "retries-everybody", "It repeats the refresh of the whole order for one employer's sake.",
        (Edit("refreshing.py", ', "employers": [{"id": slot["source_sub"]} for slot in group]}', "}"),),
    ),
    Mutant(
        "RF-42", "a-link-per-connection", "It sends a link for each connection that fails, as it fails.",
        (
            Edit("relinking.py", "kind <> 'refresh' AND status IN {LIVE}", "kind <> 'refresh' AND status = 'posting'"),
            Edit("rules.py", "SIBLINGS_US = 4 * HOUR_US", "SIBLINGS_US = 0"),
        ),
    ),
    Mutant(
        "RF-43", "person-first", "It tries no employer of a case again while it waits for the person.",
        (Edit("context.py", "({states}) AND NOT closed", "({states}) AND NOT closed AND NOT EXISTS"
              " (SELECT 1 FROM slots AS it WHERE it.case_id = cases.case_id AND it.state = 'REAUTH_SENT')"),),
    ),
    Mutant(
        "RF-43", "each-retry-asks", "It sends the link again whenever it tries another employer.",
        (Edit("refreshing.py", "    attempts.conclude(context, attempt_id, outcome)", """\
    attempts.conclude(context, attempt_id, outcome)
    context.store.do("INSERT INTO outbox (kind, case_id, person_ref, order_id, url, sent_at)"
                     " SELECT kind, case_id, person_ref, order_id, url, sent_at FROM outbox WHERE case_id = ?",
                     case["case_id"])"""),),
    ),
    Mutant(
        "RF-44", "first-done-is-all", "It takes the first employer that is done for the whole order.",
        (
            Edit("attempts.py", "or (held and finding.verdict is Verdict.DONE)", ""),
            Edit("rules.py", 'if states and all(state == "READY" for state in states):',
                 'if "READY" in states and not any(reason for _, reason in employers):'),
        ),
    ),
    Mutant(
        "RF-45", "ids-of-the-retry", "It keeps employers by the ids of the order that brought them.",
        (
            Edit("reading.py", '"as_of": as_of, "items": employments}',
                 '"as_of": as_of, "items": employments, "sub": entry.get("id")}'),
            Edit("prefill.py", '"employer_id": slot["employer_id"]', '"employer_id": data["sub"]'),
        ),
    ),
    Mutant(
        "RF-45", "jobs-of-the-whole-order", "It takes all jobs that an order shows for those of each of its employers.",
        (Edit("reading.py", '    employments = entries(entry.get("employments"))\n', """\
    employments = [job for each in entries(order["employers"]) for job in entries(each.get("employments"))]
"""),),
    ),
    Mutant(
        "RF-46", "newest-order-only", "It prefills from the newest order alone and forgets what earlier ones brought.",
        (Edit("prefill.py", "    items = [\n", """\
    known = [(slot, data) for slot, data in known if data["order_id"] == newest["order_id"]]
    items = [
"""),),
    ),
)  # fmt: skip
