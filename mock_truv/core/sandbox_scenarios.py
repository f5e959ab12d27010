"""The service's custom sandbox scenarios: which of them a login or a refresh hits, and what it does to the task.

Source: sandbox object page. Rules that the page leaves open are marked *assumed*. Nothing here belongs to the failure
stories of this program (``core/scenario``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core import ids, products
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import Script
from mock_truv.core.model import TaskStatus as S
from mock_truv.core.plain import Frozen
from mock_truv.core.tasks import ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mock_truv.core.model import Link, Provider, SandboxScenario

COUNTED = ("username", "password", "provider_id", "company_domain", "first_name", "last_name")
"""Matching fields of which a scenario must set one, and of which more win."""
MATCHING = (*COUNTED, "is_refresh")
"""All matching fields: no two scenarios of one data source may have the same."""

RESERVED = frozenset({"goodlogin", "error.user"})
"""User names that no scenario may take, whatever its data source."""
RESERVED_AT_BANKS = frozenset({
    "goodlogin.checking", "goodlogin.checking.savings", "goodlogin.card", "goodlogin.inv", "goodlogin.all", "sit",
})  # fmt: skip
BANK_PASSWORD = "goodpassword"  # noqa: S105 -- the public test password of the service's sandbox
PAYROLL, BANKS, INSTANT = products.PAYROLL, products.BANKS, "instant"

LATE = {S.NO_DATA: S.PARSE, S.ERROR: S.FULL_PARSE}
"""Ending -> the status out of which the task falls into it; the others end the login (assumed). A deposit switch falls
into both out of its one later status."""


class LoginAttempt(Frozen, frozen=True, kw_only=True):
    """A login or the start of a refresh, as scenarios are matched with it. None: not known."""

    data_source: str
    is_refresh: bool = False
    product: str | None = None
    username: str | None = None
    credentials: str | None = None
    provider_id: str | None = None
    company_domain: str | None = None
    first_name: str | None = None
    last_name: str | None = None


def credentials(seed: str, username: str, password: str) -> str:
    """Return the keyed hash by which a login is remembered instead of its password."""
    return ids.identifier(seed, "typed login", f"{len(username)} {username}\n{password}")


def choose(scenarios: Iterable[SandboxScenario], attempt: LoginAttempt, seed: str) -> SandboxScenario | None:
    """Return the scenario that an attempt hits, None when the built-in test data are used.

    Of several the one with more matching fields wins, ``is_refresh`` not counted; on a tie one that sets
    ``is_refresh``, then the oldest. ``scenarios`` come in the order of their creation.
    """
    found = [each for each in scenarios if matches(each, attempt, seed)]
    return max(found, key=lambda it: (_fields_set(it), it.is_refresh is not None), default=None)


def matches(it: SandboxScenario, attempt: LoginAttempt, seed: str) -> bool:
    """Return whether a scenario may be used for an attempt: an unset field matches anything."""
    if not it.enabled or it.data_source != attempt.data_source:
        return False
    if it.products and attempt.product is not None and attempt.product not in it.products:
        return False
    if it.is_refresh not in {None, attempt.is_refresh}:
        return False
    if it.password is not None and credentials(seed, attempt.username or "", it.password) != attempt.credentials:
        return False
    if it.company_domain is not None and it.company_domain.casefold() != (attempt.company_domain or "").casefold():
        return False
    return all(
        getattr(it, field) in {None, getattr(attempt, field)}
        for field in ("username", "provider_id", "first_name", "last_name")
    )


def _fields_set(it: SandboxScenario) -> int:
    return sum(getattr(it, field) is not None for field in COUNTED)


def same_fields(one: SandboxScenario, other: SandboxScenario) -> bool:
    """Return whether two scenarios have the same matching fields, so that only one of them could ever be hit."""
    return all(getattr(one, field) == getattr(other, field) for field in MATCHING)


def derived_source(it: SandboxScenario, providers: Mapping[str, Provider]) -> str | None:
    """Return the data source that the matching fields tell, None when they tell none or two (rules assumed).

    A provider known here means its own data source, the domain of an employer payroll; a person's name means instant
    verification. User name and password exist for every data source.
    """
    told = set()
    if it.company_domain is not None:
        told.add(PAYROLL)
    if it.provider_id is not None and it.provider_id in providers:
        told.add(providers[it.provider_id].data_source)
    if it.first_name is not None or it.last_name is not None:
        told.add(INSTANT)
    return told.pop() if len(told) == 1 else None


def is_reserved(username: str | None, password: str | None, data_source: str | None) -> bool:
    """Return whether a login belongs to the built-in test logins that no scenario may take.

    Of the asset logins only the pair is taken; leaving the password open would take the pair, too (assumed).
    """
    if username in RESERVED:
        return True
    return data_source == BANKS and username in RESERVED_AT_BANKS and password in {None, BANK_PASSWORD}


def script_of(it: SandboxScenario | None) -> Script | None:
    """Return what a scenario does to a task that starts now."""
    if it is None:
        return None
    return Script(
        sandbox_scenario=it.id,
        status=it.behavior_status,
        error_message=it.behavior_error_message,
        wait_us=(it.behavior_duration_seconds or 0) * SECOND_US,
        payload=it.payload,
    )


def refresh_script(scenarios: Iterable[SandboxScenario], link: Link, product: str, seed: str) -> Script | None:
    """Return what the scenario that a refresh of ``link`` hits, if there is one, does to its task."""
    attempt = LoginAttempt(
        data_source=link.data_source,
        is_refresh=True,
        product=product,
        username=link.username,
        credentials=link.credentials,
        provider_id=link.provider_id,
        company_domain=link.company.domain,
    )
    return script_of(choose(scenarios, attempt, seed))


def after_login(script: Script | None, verdict: S) -> S:
    """Return how a login that was judged by its causes goes on under a script: causes come first."""
    if verdict is S.LOGIN and script is not None and ends_login(script.status):
        assert script.status is not None
        return script.status
    return verdict


def ends_login(status: S | None) -> bool:
    """Return whether an ending comes before anything is read."""
    return status in ERRORS and status not in LATE


def ends_after(script: Script | None, status: S) -> S | None:
    """Return the error into which a script lets a task fall out of a status after its login, None: it goes on."""
    if script is None or script.status is None or script.status not in LATE:
        return None
    return script.status if status in {LATE[script.status], S.SWITCH_DEPOSIT} else None


def message_of(script: Script, status: S) -> str | None:
    """Return the client's own ``error_message``, where the task ended as the scenario says."""
    return script.error_message if status is (script.status or S.DONE) else None


def spent(script: Script) -> Script:
    """Return the script of a task that is over, without the data that it brought."""
    return msgspec.structs.replace(script, payload=None)


def flagged(payload: Mapping[str, Any] | None) -> bool:
    """Return whether a payload's flags make a connection suspicious (fraud does, too: link reports page, inferred).

    That payloads of all data sources may have flags is assumed; only those of payroll are held to a form.
    """
    flags = (payload or {}).get("flags")
    if not isinstance(flags, dict):
        return False
    return bool(flags.get("is_suspicious") or flags.get("is_fraudulent"))


def asked_challenges(it: SandboxScenario) -> list[dict[str, Any]]:
    """Return what a scenario asks a person who logs in; a refresh asks nobody (assumed)."""
    challenges: list[dict[str, Any]] = (it.behavior_mfa or {}).get("challenges") or []
    return [] if ends_login(it.behavior_status) and it.behavior_status is not S.MFA_ERROR else challenges


def answers(challenges: list[dict[str, Any]], code: str) -> bool:
    """Return whether a typed code answers the challenges; several are answered with commas in between (assumed)."""
    given = [code] if len(challenges) == 1 else [part.strip() for part in code.split(",")]
    return len(given) == len(challenges) and all(
        text == each.get("answer") if each["type"] == "TEXT" else text in each["answers"]
        for each, text in zip(challenges, given, strict=True)
    )
