"""Mutants of section B: endings taken for other endings, retries without measure, reactions that pile up."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant


def _taken_as(status: str, verdict: str, other: str) -> tuple[Edit, ...]:
    return (Edit("rules.py", f'"{status}": Verdict.{verdict},', f'"{status}": Verdict.{other},'),)


def _no_data_as(other: str) -> tuple[Edit, ...]:
    rest = '    "account_locked": Verdict.MANUAL,\n'
    return (Edit("rules.py", f'"no_data": Verdict.MANUAL,\n{rest}', f'"no_data": Verdict.{other},\n{rest}'),)


MUTANTS = (
    Mutant("RF-10", "tries-the-old-password-again", "Repeats a refresh that ended in login_error, as after an outage.",
           _taken_as("login_error", "LINK", "RETRY")),
    Mutant("RF-10", "files-login-errors", "Hands every failed login to a caseworker and offers no link.",
           _taken_as("login_error", "LINK", "MANUAL")),
    Mutant("RF-11", "waits-for-the-code", "Repeats a refresh that ended in mfa_error, as if the code came by itself.",
           _taken_as("mfa_error", "LINK", "RETRY")),
    Mutant("RF-12", "every-error-is-a-login", "Asks the person to log in again because the provider is down.",
           _taken_as("unavailable", "RETRY", "LINK")),
    Mutant("RF-12", "outages-to-the-caseworker", "Gives up at the first outage.",
           _taken_as("unavailable", "RETRY", "MANUAL")),
    Mutant(
        "RF-13", "retries-for-ever", "Never stops repeating while the provider is down.",
        (Edit("endings.py", "if tries >= rules.TRIES_MAX or errors", "if errors"),),
    ),
    Mutant(
        "RF-13", "retries-within-minutes", "Repeats five minutes after an outage was met.",
        (Edit("rules.py", "FIRST_RETRY_US = HOUR_US", "FIRST_RETRY_US = 5 * MINUTE_US"),),
    ),
    Mutant(
        "RF-13", "stops-in-silence", "Stops after the last try and leaves the case as it is.",
        (Edit("endings.py", "        manual(context, part, reason)\n        return\n    pause_us",
              '        context.set_slot(part, "REFRESHING", at_us=None)\n        return\n    pause_us'),),
    ),
    Mutant("RF-14", "no-data-is-a-login", "Asks the person to log in again because the provider has no records.",
           _no_data_as("LINK")),
    Mutant("RF-14", "no-data-again-and-again", "Repeats a refresh that ended in no_data, as after an outage.",
           _no_data_as("RETRY")),
    Mutant("RF-15", "knocks-at-locked-doors", "Repeats a refresh of a locked account.",
           _taken_as("account_locked", "MANUAL", "RETRY")),
    Mutant("RF-15", "link-for-a-locked-account", "Sends a link for a locked account, although it declares not to.",
           _taken_as("account_locked", "MANUAL", "LINK")),
    Mutant("RF-16", "errors-are-outages", "Repeats an error without a name as often as an outage.",
           _taken_as("error", "BRIEF_RETRY", "RETRY")),
    Mutant(
        "RF-17", "each-event-asks", "Reacts to each event that tells of the same failure.",
        (
            Edit("webhooks.py", 'if event["event_type"] == "link-deleted":',
                 'if event["event_type"] in {"link-deleted", "link-disconnected", "order-refresh-failed"}:'),
            Edit("webhooks.py", "IN ('DUE', 'REFRESHING', 'RETRY_WAIT', 'LIMIT_WAIT')",
                 "IN ('DUE', 'REFRESHING', 'RETRY_WAIT', 'LIMIT_WAIT', 'REAUTH_SENT')"),
            Edit("rules.py", "OFFER_PAUSE_US = DAY_US", "OFFER_PAUSE_US = 0"),
            Edit("relinking.py", "LIVE = \"('posting', 'unknown', 'running', 'withdraw')\"", "LIVE = \"('posting')\""),
        ),
    ),
    Mutant(
        "RF-18", "deaf-to-deletions", "Does not listen to link-deleted.",
        (Edit("webhooks.py", 'if event["event_type"] == "link-deleted":',
              'if event["event_type"] == "link-deleted" and link_id is None:'),),
    ),
    Mutant(
        "RF-19", "waits-for-dead-links", "Goes on waiting for a link that has expired or was skipped.",
        (
            Edit("rules.py", '"expired": Verdict.OFFER_AGAIN,\n    "skipped": Verdict.OFFER_AGAIN,',
                 '"expired": Verdict.RUNNING,\n    "skipped": Verdict.RUNNING,'),
            Edit("attempts.py", 'elif attempt["kind"] == "link" and (', 'elif attempt["kind"] == "page" and ('),
        ),
    ),
)  # fmt: skip
"""What integrators get wrong when a refresh fails."""
