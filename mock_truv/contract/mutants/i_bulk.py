"""I. Bulk: runs that stop, miscount, begin anew, forget, favour, dawdle or crowd."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

STUMBLE = """            except Exception as error:  # noqa: BLE001 -- one bad case must not stop the rest
                self._stumbled(timer, type(error).__name__)
"""
COUNTED = """        for case in self._store.rows(due, today):
            counts["""
BEGUN = """if case["closed"] or store.row("SELECT 1 FROM cycles WHERE case_id = ? AND cycle = ?", case_id, cycle):
            return
"""
LEARN_REFUSED = """            case Refused(status):
                if case["state"] == "RETRY_WAIT":
"""
STARTED = """        now_us = self._now_us()
        with self._store.writing():
            for row in self._store.rows("SELECT attempt_id FROM attempts WHERE status = 'posting'"):
"""
BY_DUE = 'WHERE rank = ? AND at_us <= ? ORDER BY at_us, due LIMIT ?"'

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "RF-95", "rf95-first-refusal-ends-the-run", "The first order that cannot be read ends the run for all cases.",
        (Edit("refreshing.py", LEARN_REFUSED,
              "            case Refused(status):\n"
              "                context.store.do(\"DELETE FROM timers WHERE kind = 'case'\")\n"
              '                if case["state"] == "RETRY_WAIT":\n'),),
    ),
    Mutant(
        "RF-96", "rf96-failures-vanish", "Its summary counts what came to something and leaves the failures out.",
        (Edit("program.py", COUNTED,
              """        for case in self._store.rows(due, today):
            if self._state(case, self._store.slots(case["case_id"])) in {"MANUAL", "RETRY_WAIT"}:
                continue
            counts["""),),
    ),
    Mutant(
        "RF-96", "rf96-all-is-well", "Its summary calls everything that was begun ready.",
        (Edit("rules.py", '"MANUAL": "manual", "BLOCKED": "blocked", "REFRESHING": "refreshing"',
              '"MANUAL": "ready", "BLOCKED": "blocked", "REFRESHING": "ready"'),),
    ),
    Mutant(
        "RF-97", "rf97-begins-anew", "Every run begins every case anew.",
        (Edit("program.py", BEGUN, 'if case["closed"]:\n            return\n'),
         Edit("program.py", 'store.insert("cycles", case_id=case_id, cycle=cycle)',
              'store.do("INSERT OR IGNORE INTO cycles VALUES (?, ?)", case_id, cycle)')),
    ),
    Mutant(
        "RF-98", "rf98-list-in-memory", "The cases that a run has not begun yet are kept in memory only.",
        (Edit("program.py", STARTED, STARTED.replace(
            "        with self._store.writing():\n",
            "        with self._store.writing():\n"
            "            self._store.do(\"DELETE FROM timers WHERE kind = 'case'\")\n")),),
    ),
    Mutant(
        "RF-98", "rf98-starts-over", "After a crash it forgets which cases the run had begun.",
        (Edit("program.py", STARTED, STARTED.replace(
            "        with self._store.writing():\n",
            "        with self._store.writing():\n"
            '            self._store.do("DELETE FROM cycles")\n')),),
    ),
    Mutant(
        "RF-99", "rf99-first-put-in-first", "It begins cases in the order in which they were put in.",
        (Edit("program.py", BY_DUE, BY_DUE.replace("at_us, due", "at_us, ident")),),
    ),
    Mutant(
        "RF-99", "rf99-one-after-the-other", "It waits for the end of one refresh before it asks for the next.",
        (Edit("program.py", "            for rank in sorted(RANKS.values()):\n",
              "            for rank in sorted(RANKS.values()):\n"
              '                if rank == RANKS["case"] and self._store.row("SELECT 1 FROM attempts'
              " WHERE status = 'running'\"):\n"
              "                    continue\n"),),
    ),
    Mutant(
        "RF-100", "rf100-one-a-minute", "It lets one request out a minute.",
        (Edit("pacing.py", "GAP_US = 266_667", "GAP_US = 60_000_000"),),
    ),
    Mutant(
        "RF-101", "rf101-declares-two", "It declares two open requests, and every call sends as it likes.",
        (Edit("program.py", '"concurrency": 16', '"concurrency": 2'),),
    ),
)  # fmt: skip
