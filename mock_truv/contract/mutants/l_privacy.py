"""Mutants of section L: logs that say too much, links that are shown, answers that tell, and curiosity."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

JUDGED = "        return self._judged("
KEPT = "        return HookReply(200)\n"
NOTED = '        self._store.insert("logs", line='
UNKNOWN = """\
        user = (webhooks.parsed(raw) or {}).get("user_id")
        if user not in [row["source_user"] for row in self._store.rows("SELECT * FROM slots")]:
            return HookReply(200, b"unknown user")
"""

MUTANTS = (
    Mutant("RF-125", "logs-headers", "Logs the headers of requests that fail.",
           (Edit("truv.py", JUDGED,
                 f'        if status >= 400 or not status:\n    {NOTED}f"{{status}} {{headers}}")\n{JUDGED}'),)),
    Mutant("RF-125", "logs-answers", "Logs every answer, with the tokens in it.",
           (Edit("truv.py", JUDGED, f'{NOTED}answer.decode(errors="replace"))\n{JUDGED}'),)),
    Mutant("RF-125", "logs-signatures", "Logs the headers of webhooks, and the signature that it expected.",
           (Edit("program.py", KEPT, f'{NOTED}f"event {{list(headers)}}")\n{KEPT}'),)),
    Mutant("RF-126", "logs-events", "Logs the body of every webhook.",
           (Edit("program.py", KEPT, f'{NOTED}raw.decode(errors="replace"))\n{KEPT}'),)),
    Mutant("RF-126", "logs-names", "Logs for whom an order is made.",
           (Edit("truv.py", JUDGED, "        content = parsed(answer) or {}\n"
                 f'{NOTED}" ".join(str(content.get(f"{{each}}_name")) for each in ("first", "last")))\n{JUDGED}'),)),
    Mutant("RF-126", "logs-pay", "Logs the data that it takes over.",
           (Edit("reading.py", "    return Finding(part, Verdict.DONE, None, link_id",
                 '    context.log("taken over", income=employments[0].get("income"))\n'
                 '    return Finding(part, Verdict.DONE, None, link_id'),)),
    Mutant("RF-127", "logs-links", "Logs the link that it sends.",
           (Edit("relinking.py", '    attempt["sent_us"] = now_us\n',
                 '    attempt["sent_us"] = now_us\n    context.log("link sent", url=url)\n'),)),
    Mutant("RF-127", "shows-links", "Shows the link on the caseworker's screen, where its hash would do.",
           (Edit("program.py", 'hashlib.sha256(row["url"].encode()).hexdigest()', 'row["url"]'),)),
    Mutant("RF-128", "answers-stranger", "Tells in its answer whether it knows the person.",
           (Edit("program.py", KEPT,
                 UNKNOWN + KEPT),)),
    Mutant("RF-128", "echoes", "Sends the event back.",
           (Edit("program.py", KEPT, "        return HookReply(200, raw)\n"),)),
    Mutant("RF-129", "asks-for-more", "Asks at a new login for every product that there is.",
           (Edit("relinking.py", '"products": [attempt["product"]]', '"products": ["income", "employment"]'),)),
)  # fmt: skip
