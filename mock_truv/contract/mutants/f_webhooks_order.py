"""F. Webhooks, done wrong: twice, out of order, of another attempt, late, never, or lost in a crash."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant
from mock_truv.contract.mutants.f_webhooks import ASK_PERSON, QUIET_EVENTS

DIGEST = "    digest = hashlib.sha256(raw).digest()\n"
ASK_AT_ONCE = Edit(
    "webhooks.py", QUIET_EVENTS,
    '    if event.get("status") in {"login_error", "mfa_error"}:\n' + ASK_PERSON + QUIET_EVENTS,
)  # fmt: skip
NEVER_LOOKS = Edit(
    "context.py", '        self.store.set_timer("attempt", ident, self.now_us() + pause_us)\n',
    '        self.store.set_timer("attempt", ident, self.now_us() + pause_us + 30 * DAY_US)\n',
)  # fmt: skip
READ_FAILED = "            _refused(context, attempt, outcome.status, rules.REFUSALS_MAX)\n        else:\n"
OF_LINK = '        for slot in context.store.rows("SELECT * FROM slots WHERE link_id = ?", link_id or ""):\n'

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "RF-54", "nothing-remembered", "It does not know an event again, and asks the person whenever a login failed.",
        (
            Edit("webhooks.py", DIGEST, "    digest = hashlib.sha256(raw + str(now_us).encode()).digest()\n"),
            ASK_AT_ONCE,
        ),
    ),
    Mutant(
        "RF-55", "remembered-by-id", "It knows an event again by its id alone, and asks whenever a login failed.",
        (ASK_AT_ONCE,),
    ),
    Mutant(
        "RF-56", "remembered-too-coarsely", "It knows events again by person and status, and reads only when told.",
        (
            Edit("webhooks.py", DIGEST, """\
    key = [(parsed(raw) or {}).get(name) for name in ("event_type", "user_id", "status")]
    digest = hashlib.sha256(repr(key).encode()).digest()
"""),
            NEVER_LOOKS,
        ),
    ),
    Mutant(
        "RF-57", "last-one-counts", "It shows what the event that came last says.",
        (Edit("webhooks.py", QUIET_EVENTS, '    if event["event_type"] == "task-status-updated" and'
              ' event.get("status") in QUIET:\n' + OF_LINK +
              '            context.set_slot(slot, "REFRESHING")\n' + QUIET_EVENTS),),
    ),
    Mutant(
        "RF-58", "done-by-connection", "It takes every done of a connection for the end of the refresh that runs.",
        (Edit("webhooks.py", QUIET_EVENTS, '    if event.get("status") == "done":\n' + OF_LINK + """\
            case = context.store.case(slot["case_id"])
            if case is not None and slot["data"]:
                context.set_slot(slot, "READY", reason=None, data_cycle=case["cycle"])
""" + QUIET_EVENTS),),
    ),
    Mutant(
        "RF-59", "acts-on-old-news", "It arms a retry whenever it is told of an outage, however the case stands.",
        (Edit("webhooks.py", QUIET_EVENTS, '    if event.get("status") == "unavailable":\n' + OF_LINK + """\
            context.set_slot(slot, "RETRY_WAIT", reason="unavailable", at_us=context.now_us() + DAY_US // 24)
            context.arm_cases([slot["case_id"]])
        return
""" + QUIET_EVENTS),),
    ),
    Mutant("RF-60", "never-looks", "It waits for events and reads nothing by itself.", (NEVER_LOOKS,)),
    Mutant(
        "RF-66", "events-in-memory", "It answers first and keeps the event in memory alone.",
        (
            Edit("program.py", "        self._store = Store(env.store)\n", "        self._store = Store(env.store)\n"
                 '        self._store.do("DELETE FROM events WHERE raw IS NOT NULL")\n'),
            NEVER_LOOKS,
        ),
    ),
    Mutant(
        "RF-67", "marked-before-done", "It marks an event as handled, then reads; a failed read is the end of it.",
        (Edit("attempts.py", READ_FAILED + '            context.poll_later(attempt, attempt["polls"])\n',
              READ_FAILED + '            context.store.set_timer("attempt", attempt["attempt_id"], None)\n'),),
    ),
)  # fmt: skip
