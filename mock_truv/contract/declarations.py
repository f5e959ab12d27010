"""What a manifest may hold: every key, its form, what counts where it is missing, and what it is for.

``parse_manifest`` refuses what does not stand here; the manual's table is printed from it.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUR_S = 3600
CEILINGS_S = {
    "B-PREFILL": 24 * HOUR_S,
    "B-LOSS": 24 * HOUR_S,
    "B-STUCK": 72 * HOUR_S,
    "B-LIMIT-RESUME": 24 * HOUR_S,
}
"""Longest time that each bound may take; ``B-PREFILL`` with webhooks is ``PREFILL_WITH_WEBHOOKS_S``."""
PREFILL_WITH_WEBHOOKS_S = 900
COUNTS = {"B-RETRY-N": 8, "B-REOFFER": 3, "concurrency": 64}
"""Ceilings of counts; one that is not declared counts as its ceiling."""
PAGE_HOURS = 24
"""A page of the integrator's own (Update Mode) counts as alive for so long where nothing is declared."""
CAPABILITIES = (
    "core", "webhook", "poll", "clock", "persist", "reauth", "outbox", "multi", "bulk", "due", "budget", "list",
    "update_mode", "close", "logs", "source",
)  # fmt: skip
REENTRANCIES = ("thread", "async", "queue", "none")


@dataclass(frozen=True)
class Declaration:
    """One key of a manifest, with the table in it that holds the key (``policies.reminders``)."""

    key: str
    form: str
    default: str
    meaning: str


DECLARATIONS = (
    Declaration("adapter", "1", "1", "version of the adapter protocol"),
    Declaration("name", "text", "integrator", "what the report calls the program"),
    Declaration("version", "text", "0", "its version, for the report"),
    Declaration("style", "text", "", "its architecture in a word or two, for the report"),
    Declaration("capabilities", "list of names", "[]",
                "what it can do; each switches on clauses: " + " ".join(CAPABILITIES[1:])),
    Declaration("reentrancy", "text", "none",
                "whether calls may come while a request of its own is open: `thread` `async` `queue`, or `none`"),
    Declaration("http_timeout_s", "seconds", "30", "how long its requests to Truv wait for an answer"),
    Declaration("webhook_path", "text", "", "over HTTP: the path at which it takes webhooks"),
    Declaration("clock", "text", "", "over HTTP: how it takes the time, for the report"),
    Declaration("constant_time", "text", "", "how it compares signatures in constant time (RF-53 is declared)"),
    Declaration("bounds_s.B-PREFILL", "seconds",
                f"{PREFILL_WITH_WEBHOOKS_S}; {CEILINGS_S['B-PREFILL']} without webhooks",
                "from the end of a refresh until its data are shown, where nothing goes wrong"),
    Declaration("bounds_s.B-LOSS", "seconds", str(CEILINGS_S["B-LOSS"]),
                "the same where events are lost or something went wrong"),
    Declaration("bounds_s.B-STUCK", "seconds", str(CEILINGS_S["B-STUCK"]),
                "until a case that does not go on is shown to somebody"),
    Declaration("bounds_s.B-LIMIT-RESUME", "seconds", str(CEILINGS_S["B-LIMIT-RESUME"]),
                "from the opening of the window of three refreshes until the next one"),
    Declaration("counts.B-RETRY-N", "number", str(COUNTS["B-RETRY-N"]), "most tries of one connection in a cycle"),
    Declaration("counts.B-REOFFER", "number", str(COUNTS["B-REOFFER"]), "most links after the first, for one cause"),
    Declaration("counts.concurrency", "number", str(COUNTS["concurrency"]), "most requests that it has open at once"),
    Declaration("counts.budget_per_day", "number or null", "null",
                "most refreshes of connections in a day; the rest waits"),
    Declaration("counts.page_hours", "number", str(PAGE_HOURS),
                "Update Mode: how long a page of its own, sent to a person, can be used"),
    Declaration("policies.age_skip_days", "number or null", "null",
                "from which age of a connection it asks the person without trying"),
    Declaration("policies.partial", "`hold` or `show`", "hold",
                "what it does with the data of some employers until all have come, for the report"),
    Declaration("policies.unknown_post", "`reconcile` or `manual`", "manual",
                "what it does after a POST with an unknown outcome: find the order, or hand the case over"),
    Declaration("policies.link_on_locked", "true or false", "false",
                "whether a locked account leads to a link for the person"),
    Declaration("policies.reminders", "number", "0", "further messages about a link that is out"),
    Declaration("policies.run_times", 'times such as "02:00"', "[]",
                "UTC times of the day at which it works, if it works in runs only"),
    Declaration("policies.budget_zone", "text", "UTC", "the zone whose days the budget counts"),
    Declaration("state_map", "own state to contract state", "{}", "for programs that call their states otherwise"),
    Declaration("field_map", "own field to Truv's", "{}", "for prefills whose fields are called otherwise"),
)  # fmt: skip
"""Every key, in the order of the manual."""


def known_keys(table: str = "") -> list[str]:
    """Return the keys of one table of the manifest, or of its top level."""
    if not table:
        return list(dict.fromkeys(it.key.partition(".")[0] for it in DECLARATIONS))
    return [it.key.partition(".")[2] for it in DECLARATIONS if it.key.startswith(f"{table}.")]
