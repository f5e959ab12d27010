"""Mutants of section J: programs that ask the person wrongly, or do not notice what the person did."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

MUTANTS = (
    Mutant(
        "RF-105", "one-link-for-all", "It keeps the first link that it made in one place and sends it to everybody.",
        (Edit("relinking.py", '    store.insert("outbox", kind="link",', """\
    first = store.row("SELECT url FROM outbox WHERE kind = 'link' ORDER BY seq")
    url = first["url"] if first else url
    store.insert("outbox", kind="link","""),),
    ),
    Mutant(
        "RF-106", "a-click-sends-again", "It sends the link again with each click and each run while it is out.",
        (Edit("program.py", "        slots = store.slots(case_id)\n", """\
        slots = store.slots(case_id)
        if "REAUTH_SENT" in {slot["state"] for slot in slots}:
            store.do("INSERT INTO outbox (kind, case_id, person_ref, order_id, url, sent_at) SELECT kind, case_id,"
                     " person_ref, order_id, url, sent_at FROM outbox WHERE case_id = ? LIMIT 1", case_id)
"""),),
    ),
    Mutant(
        "RF-107", "refreshes-after-the-login", "It buys a refresh although a login has just brought the data.",
        (Edit("endings.py", '    context.set_slot(part, "READY", **fields, **confirmed)\n', """\
    state = "READY" if attempt["kind"] == "refresh" else "DUE"
    context.set_slot(part, state, at_us=context.now_us(), **fields, **confirmed)
"""),),
    ),
    Mutant(
        "RF-107", "failure-never-cleared", "It does not take note that the order behind a link was completed.",
        (
            Edit("reading.py", '    if status == "completed":\n',
                 '    if status == "completed" and attempt["kind"] == "refresh":\n'),
            Edit("rules.py", '    "completed": Verdict.DONE,\n', '    "completed": Verdict.RUNNING,\n'),
        ),
    ),
    Mutant(
        "RF-107", "repair-never-seen", "It does not take note that a person has repaired the connection at its page.",
        (Edit("repairing.py", 'if not isinstance(outcome, Known) or outcome.body.get("status") != "done":\n',
              "if not isinstance(outcome, Refused):\n"),), factory="update_mode",
    ),
    Mutant(
        "RF-108", "token-of-a-first-login", "It makes a token without the connection's access token.",
        (Edit("repairing.py", '"access_token": token, "tracking_info"', '"tracking_info"'),), factory="update_mode",
    ),
    Mutant(
        "RF-108", "token-kept", "It keeps the token of the first session and gives it to the following ones.",
        (
            Edit("repairing.py", '            return str(made.body["bridge_token"])\n', """\
            key = {"attempt_id": attempt["attempt_id"]}
            store.change("attempts", key, settle_us=made.body["bridge_token"])
            return str(made.body["bridge_token"])
"""),
            Edit("repairing.py", "        return None\n    for part in attempts.mine(", """\
        return None
    if attempt["settle_us"]:
        return str(attempt["settle_us"])
    for part in attempts.mine("""),
        ), factory="update_mode",
    ),
    Mutant(
        "RF-109", "offers-without-end", "It sends a new link whenever one has ended, for as long as it takes.",
        (Edit("relinking.py", 'if slot["offers"] >= rules.OFFERS_MAX:', "if False:"),),
    ),
    Mutant(
        "RF-109", "offers-at-once", "It sends the next link as soon as one has ended.",
        (Edit("rules.py", "OFFER_PAUSE_US = DAY_US", "OFFER_PAUSE_US = 0"),),
    ),
    Mutant(
        "RF-110", "mistyped-is-failed", "It takes a mistyped password at a link for another failure of the connection.",
        (Edit("reading.py", "        verdict = rules.LINK_ORDER.get(status, Verdict.RUNNING)\n", """\
        verdict = rules.LINK_ORDER.get(status, Verdict.RUNNING)
        if any(task.get("status") in rules.EXACT for task in entries(entry.get("tasks"))[-1:]):
            verdict = Verdict.OFFER_AGAIN
"""),),
    ),
    Mutant(
        "RF-110", "another-page", "It sends another page when a login fails while the person is at the first.",
        (
            Edit("repairing.py", '>= attempt["expires_us"] + HOUR_US\n',
                 '>= attempt["created_us"] + HOUR_US and attempt["polls"] == 0\n'),
            Edit("endings.py", '(slot["offered_us"] or 0) + rules.OFFER_PAUSE_US', '(slot["offered_us"] or 0)'),
        ), factory="update_mode",
    ),
    Mutant(
        "RF-111", "source-stays", "It refreshes the order of the first connection for ever.",
        (Edit("endings.py", '"source_order": attempt["order_id"], "source_sub": finding.sub, ', ""),),
    ),
    Mutant(
        "RF-112", "retries-while-asking", "It goes on trying a connection whose person it has asked to log in.",
        (
            Edit("rules.py", 'TIMED = frozenset({"DUE",', 'TIMED = frozenset({"REAUTH_SENT", "DUE",'),
            Edit("relinking.py", 'context.set_slot(part, "REAUTH_SENT", at_us=None)',
                 'context.set_slot(part, "REAUTH_SENT", at_us=now_us + 2 * rules.HOUR_US)'),
            Edit("refreshing.py", "SELECT 1 FROM links WHERE link_id = ?",
                 "SELECT 1 FROM links WHERE link_id = ? AND state = 'deleted'"),
        ),
    ),
    Mutant(
        "RF-113", "any-account-will-do", "It takes whatever account the person connected for the one it had asked for.",
        (Edit("endings.py", 'if attempt["kind"] != "refresh" and not _is_expected(',
              'if attempt["kind"] == "none" and not _is_expected('),),
    ),
)  # fmt: skip
