"""C. Limits and money: wrong windows, wrong counts, wrong pauses."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

WINDOW = """        made = self.store.commits(link_id or "", self.truv_us - WINDOW_US - WINDOW_MARGIN_US)
"""
OPENING = "return made[-REFRESHES_PER_WINDOW] + WINDOW_US + WINDOW_MARGIN_US - self.truv.ahead_us"
BEGUN = """if case["closed"] or store.row("SELECT 1 FROM cycles WHERE case_id = ? AND cycle = ?", case_id, cycle):
            return
        store.insert("cycles", case_id=case_id, cycle=cycle)
"""
UNSPENT = "        return max(self.budget_per_day - (row"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "RF-20", "rf20-calendar-day", "It counts the refreshes of the calendar day instead of the last 24 hours.",
        (Edit("context.py", WINDOW, WINDOW.replace(
            "self.truv_us - WINDOW_US - WINDOW_MARGIN_US", "self.truv_us - self.truv_us % DAY_US")),),
    ),
    Mutant(
        "RF-20", "rf20-four-in-a-window", "It takes the limit for four: one request and three refreshes.",
        (Edit("rules.py", "REFRESHES_PER_WINDOW = 3", "REFRESHES_PER_WINDOW = 4"),),
    ),
    Mutant(
        "RF-21", "rf21-counts-by-case", "It counts refreshes by case instead of by connection.",
        (Edit("refreshing.py", '        opens_us = context.window_opens_us(slot["link_id"])\n',
              '        opens_us = context.window_opens_us(slot["link_id"], case["case_id"])\n'),
         Edit("context.py", "def window_opens_us(self, link_id: str | None) -> int:",
              "def window_opens_us(self, link_id: str | None, case_id: str = '') -> int:"),
         Edit("context.py", WINDOW,
              "        found = self.store.rows('SELECT at_us FROM commits JOIN attempts USING (attempt_id)'\n"
              "            ' WHERE link_id = ? AND case_id = ? AND at_us > ? ORDER BY at_us', link_id, case_id,\n"
              "            self.truv_us - WINDOW_US - WINDOW_MARGIN_US)\n"
              "        made = [row['at_us'] for row in found]\n")),
    ),
    Mutant(
        "RF-22", "rf22-forgets-failed", "It takes a refresh off the count when it fails.",
        (Edit("endings.py", "    slot = _slot(context, part)\n    tries, errors",
              "    context.store.do('DELETE FROM commits WHERE attempt_id = ?', part['attempt_id'])\n"
              "    slot = _slot(context, part)\n    tries, errors"),),
    ),
    Mutant(
        "RF-23", "rf23-limit-is-a-lost-login", "It takes the refusal because of the limit for a lost login.",
        (Edit("endings.py", '    context.set_slot(part, "LIMIT_WAIT", reason="refresh_limit", at_us=at_us)\n',
              '    context.set_slot(part, "REAUTH_NEEDED", reason="refresh_limit", at_us=context.now_us())\n'),),
    ),
    Mutant(
        "RF-23", "rf23-tries-every-hour", "It tries again every hour instead of waiting for the window.",
        (Edit("endings.py", '    at_us = context.window_surely_open_us(part["link_id"])\n',
              "    at_us = context.now_us() + rules.HOUR_US\n"),),
    ),
    Mutant(
        "RF-24", "rf24-nothing-wakes-it", "It parks the case and arms no timer.",
        (Edit("refreshing.py", 'context.set_slot(slot, "LIMIT_WAIT", reason="refresh_limit", at_us=opens_us)',
              'context.set_slot(slot, "LIMIT_WAIT", reason="refresh_limit", at_us=None)'),),
    ),
    Mutant(
        "RF-24", "rf24-two-days", "It counts two days from the newest refresh.",
        (Edit("context.py", OPENING, "return made[-1] + 2 * WINDOW_US - self.truv.ahead_us"),),
    ),
    Mutant(
        "RF-25", "rf25-refreshes-all", "Every retry refreshes all connections of the order again.",
        (Edit("refreshing.py", '"employers": [{"id": slot["source_sub"]} for slot in group]}', "}"),),
    ),
    Mutant(
        "RF-26", "rf26-every-night-anew", "Every run begins every case anew, in whatever cycle it is.",
        (Edit("program.py", BEGUN, 'if case["closed"]:\n            return\n'),),
    ),
    Mutant(
        "RF-26", "rf26-not-due", "The run takes cases whether they are due or not.",
        (Edit("program.py", 'WHERE due_on IS NULL OR due_on <= ? ORDER BY due_on, case_id"',
              'WHERE due_on IS NULL OR ? > \'\' ORDER BY due_on, case_id"'),),
    ),
    Mutant(
        "RF-27", "rf27-no-budget", "It declares a budget and asks nobody for it.",
        (Edit("context.py", UNSPENT, UNSPENT.replace("return", "return 5 +")),), factory="thrifty",
    ),
    Mutant(
        "RF-28", "rf28-own-schedule", "It takes no notice of Retry-After.",
        (Edit("pacing.py", "    asked_us = retry_after_us(header, now_us)\n", "    asked_us = None\n"),),
    ),
    Mutant(
        "RF-28", "rf28-seconds-only", "It reads Retry-After as seconds only; a date is as good as nothing.",
        (Edit("pacing.py", "            pause_us = us_of(parsedate_to_datetime(text)) - now_us\n",
              "            pause_us = int(text) * SECOND_US\n"),),
    ),
    Mutant(
        "RF-29", "rf29-no-bucket", "It sends as fast as it can until it is told to stop.",
        (Edit("pacing.py", "GAP_US = 266_667", "GAP_US = 1"),),
    ),
)  # fmt: skip
