"""F. Webhooks, done wrong: what is genuine, what is understood, when it is answered."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

SIGNED = "hmac.new(secret.encode(), raw, hashlib.sha256)"
KEPT = "        return HookReply(200)\n"
ASK_PERSON = """\
        for slot in context.store.rows("SELECT slots.*, person_ref FROM slots JOIN cases USING (case_id)"
                                       " WHERE link_id = ?", link_id or ""):
            context.store.change("attempts", {"person_ref": slot["person_ref"], "kind": "link"}, status="ended")
            context.set_slot(slot, "REAUTH_NEEDED", reason="told so", at_us=context.now_us(), offered_us=None)
            context.store.set_timer("person", slot["person_ref"], context.now_us())
        return
"""
EVERYBODY_IS_KNOWN = """\
        {row["user_id"]: row for row in self._store.rows("SELECT * FROM cases")}[webhooks.parsed(raw)["user_id"]]
"""
QUIET_EVENTS = '    if event["event_type"] == "order-created"'

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "RF-50", "signature-over-json", "It signs what it has parsed and written again, not the bytes that came.",
        (
            Edit("webhooks.py", "import hashlib\n", "import hashlib\nimport json\n"),
            Edit("webhooks.py", SIGNED, 'hmac.new(secret.encode(), json.dumps(json.loads(raw), separators=(",", ":"),'
                 " ensure_ascii=False).encode(), hashlib.sha256)"),
        ),
    ),
    Mutant(
        "RF-51", "signature-optional", "It checks the signature where there is one, and trusts what has none.",
        (Edit("webhooks.py", "    if not secret or len(given) != 1:\n        return False\n",
              "    if not given or not given[0]:\n        return True\n"),),
    ),
    Mutant(
        "RF-52", "signature-over-text", "Its framework gives it the body as text, with the white space cut off.",
        (Edit("webhooks.py", SIGNED,
              'hmac.new(secret.encode(), raw.decode(errors="ignore").strip().encode(), hashlib.sha256)'),),
    ),
    Mutant(
        "RF-61", "types-listed", "It refuses events of types that it does not know.",
        (Edit("program.py", KEPT, """\
        known = ("task-", "order-", "link-", "employment-", "profile-", "statements-", "shifts-", "bank-")
        if not str((webhooks.parsed(raw) or {}).get("event_type")).startswith(known):
            return HookReply(400)
""" + KEPT),),
    ),
    Mutant(
        "RF-62", "else-is-failure", "Every status that it does not know means a failed login.",
        (Edit("webhooks.py", QUIET_EVENTS, """\
    known = QUIET | {"done", "completed", "unavailable", "no_data", "error", "account_locked", "config_error"}
    if event.get("status", "done") not in known | {"login_error", "mfa_error", "unable_to_reset", "not_supported"}:
""" + ASK_PERSON + QUIET_EVENTS),),
    ),
    Mutant(
        "RF-62", "else-is-over", "An order with a status that it does not know is over and left to a caseworker.",
        (Edit("reading.py", "    if status not in rules.FAILED:\n", "    if status in rules.QUIET:\n"),),
    ),
    Mutant(
        "RF-63", "order-number-taken-for-granted", "It trims an order number that may be null.",
        (Edit("program.py", KEPT,
              '        (webhooks.parsed(raw) or {}).get("order_number", "").strip()\n' + KEPT),),
    ),
    Mutant(
        "RF-63", "fields-listed", "It loads events into a class that has the documented fields only.",
        (Edit("program.py", KEPT, '        if "schema_version" in (webhooks.parsed(raw) or {}):\n'
              '            raise TypeError("unexpected keyword argument")\n' + KEPT),),
    ),
    Mutant(
        "RF-64", "stranger-raises", "It takes for granted that it knows everybody.",
        (Edit("program.py", KEPT, EVERYBODY_IS_KNOWN + KEPT),),
    ),
    Mutant(
        "RF-65", "works-before-answering", "It reads the order and does all that follows before it answers.",
        (Edit("program.py", KEPT, "        self._work()\n" + KEPT),),
    ),
    Mutant(
        "RF-68", "unreadable-raises", "Its parser raises on a signed body that is no JSON object.",
        (Edit("program.py", KEPT, '        json.loads(raw)["event_type"]\n' + KEPT),),
    ),
)  # fmt: skip
