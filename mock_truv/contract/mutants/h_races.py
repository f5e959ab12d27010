"""What integrators get wrong about races, crashes and closed cases."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

MUTANTS = (
    Mutant(
        "RF-85",
        "rf85-drops-early-events",
        "It drops events of orders that it does not know yet, and never polls.",
        (
            Edit(
                "attempts.py",
                "        context.poll_later(attempt, FIRST_POLL)\n",
                '        store.set_timer("attempt", attempt_id, None)\n',
            ),
            Edit(
                "program.py",
                "            webhooks.keep(self._store, raw, self._now_us())\n",
                "            webhooks.keep(self._store, raw, self._now_us())\n"
                "            webhooks.digest_all(self._context)\n",
            ),
            Edit("webhooks.py", "    if not waiting:\n", "    if waiting is not None:\n"),
        ),
    ),
    Mutant(
        "RF-86",
        "rf86-handler-and-poller-both-act",
        "The webhook handler does the work itself, beside the poller.",
        (
            Edit(
                "program.py",
                "            webhooks.keep(self._store, raw, self._now_us())\n",
                "            webhooks.keep(self._store, raw, self._now_us())\n            self._work()\n",
            ),
            Edit("program.py", "                if key not in self._busy:\n", "                if key is not None:\n"),
            Edit("attempts.py", "for part in mine(parts, ident)}\n", "for part in parts}\n"),
            Edit(
                "attempts.py",
                '        if part["state"] in WAITING[attempt["kind"]]:\n',
                "        if part is not None:\n",
            ),
            Edit("relinking.py", "LIVE = \"('posting', 'unknown', 'running', 'withdraw')\"", "LIVE = \"('withdraw')\""),
            Edit("rules.py", "OFFER_PAUSE_US = DAY_US", "OFFER_PAUSE_US = 0"),
        ),
    ),
    Mutant(
        "RF-87",
        "rf87-every-click-starts-anew",
        "A click on a case that is at work starts it once more.",
        (
            Edit(
                "program.py",
                '        if case["closed"] or store.row("SELECT 1 FROM cycles WHERE case_id = ? AND cycle = ?",'
                " case_id, cycle):\n",
                '        if case["closed"]:\n',
            ),
            Edit("program.py", '        store.insert("cycles", case_id=case_id, cycle=cycle)\n', ""),
            Edit(
                "program.py",
                '        busy = [slot for slot in slots if slot["state"] not in rules.FINAL]\n',
                "        busy = None\n",
            ),
        ),
    ),
    Mutant(
        "RF-88",
        "rf88-starts-over-after-a-crash",
        "After a crash it takes requests that were open for never made.",
        (
            Edit(
                "program.py", ', row, status="unknown", settle_us=now_us + rules.SETTLE_US)', ', row, status="ended")'
            ),
            Edit(
                "program.py",
                '"slots", row, state="UNKNOWN_OUTCOME")',
                '"slots", row, state="DUE", at_us=now_us)',
            ),
            Edit(
                "program.py",
                '                self._store.set_timer("attempt", row["attempt_id"], now_us)',
                '                begun = self._store.parts(row["attempt_id"])\n'
                '                self._context.arm_cases(part["case_id"] for part in begun)',
            ),
        ),
    ),
    Mutant(
        "RF-89",
        "rf89-asks-anew-at-start",
        "When it starts it asks everybody anew who has not logged in yet.",
        (
            Edit(
                "program.py",
                '                self._store.set_timer("attempt", row["attempt_id"], now_us)\n',
                """\
                self._store.set_timer("attempt", row["attempt_id"], now_us)
            for row in self._store.rows("SELECT DISTINCT person_ref FROM slots JOIN cases USING (case_id)"
                                        " WHERE slots.state = 'REAUTH_SENT'"):
                self._store.set_timer("person", row["person_ref"], now_us)
            self._store.do("UPDATE slots SET state = 'REAUTH_NEEDED', at_us = ?, attempt_id = NULL"
                           " WHERE state = 'REAUTH_SENT'", now_us)
""",
            ),
        ),
    ),
    Mutant(
        "RF-89",
        "rf89-forgets-the-link-order",
        "It does not look for the order behind a link that a crash left unknown.",
        (
            Edit(
                "settling.py",
                '        return bool(order.get("order_number") == attempt["number"])\n',
                "        return False\n",
            ),
        ),
    ),
    Mutant(
        "RF-89",
        "rf89-repeats-in-silence",
        "Where nothing shows the order behind a link that a crash left unknown, it makes another and tells nobody.",
        (
            Edit(
                "program.py",
                '"slots", row, state="UNKNOWN_OUTCOME")',
                '"slots", row | {"state": "REFRESHING"}, state="UNKNOWN_OUTCOME")',
            ),
        ),
    ),
    Mutant(
        "RF-90",
        "rf90-tries-everything-at-start",
        "Pauses and timers live in memory: after a start all that waits is tried.",
        (
            Edit(
                "program.py",
                "        now_us = self._now_us()\n        with self._store.writing():\n            for row",
                "        now_us = self._now_us()\n        self._store.set_gate(pacing.Gate())\n"
                '        self._store.do("UPDATE timers SET at_us = ?", now_us)\n'
                '        self._store.do("UPDATE slots SET at_us = ? WHERE at_us IS NOT NULL", now_us)\n'
                "        with self._store.writing():\n            for row",
            ),
        ),
    ),
    Mutant(
        "RF-91",
        "rf91-leaves-claimed-work",
        "It believes for ever that requests open at a crash are somebody's work.",
        (Edit("program.py", "WHERE status = 'posting'\"):", "WHERE status = 'lost'\"):"),),
    ),
    Mutant(
        "RF-92",
        "rf92-closes-the-view-only",
        "A closed case is shown closed, but what was under way goes on.",
        (
            Edit(
                "attempts.py",
                'if part["holder"] == attempt_id and not part["closed"]]',
                'if part["holder"] == attempt_id]',
            ),
            Edit(
                "program.py",
                "                \" WHERE parts.case_id = ? AND status = 'running'\", case_id\n",
                "                \" WHERE parts.case_id = ? AND status = 'closed'\", case_id\n",
            ),
        ),
    ),
)
"""One for each clause of section H."""
