"""Whether a connection works at an instant: the causes, in the order in which a provider would meet them.

Nothing here is a script. A refresh fails because of the state of the connection and of its provider at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.instants import DAY_US
from mock_truv.core.model import Connection
from mock_truv.core.model import TaskStatus as S

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mock_truv.core.model import Login, Provider

CAUSES = ("second_factor", "locked", "organisation_ok", "has_records", "broken", "broken_as")
"""Fields that are changed by giving them another value."""


def is_down(provider: Provider, now_us: int) -> bool:
    """Return whether a provider is in an outage: ``from_us <= now < until_us``."""
    return any(
        outage.from_us <= now_us and (outage.until_us is None or now_us < outage.until_us)
        for outage in provider.outages
    )


def judge_refresh(connection: Connection, provider: Provider, now_us: int) -> S:
    """Return how a refresh that logs in now goes on: ``login`` when the login holds, else the status it ends in.

    Causes and endings: renewals page (session, credentials, provider), task lifecycle page (the others). Where two
    causes meet, the one a provider would report first wins (assumed).
    """
    held = connection.expires_us is None or now_us < connection.expires_us
    if is_down(provider, now_us):
        return S.UNAVAILABLE
    if connection.locked:
        return S.ACCOUNT_LOCKED
    if not connection.organisation_ok:
        return S.CONFIG_ERROR
    if connection.broken:
        return S(connection.broken_as)
    if connection.credentials_known != connection.credentials_at_provider:
        return S.LOGIN_ERROR
    if connection.second_factor == "always":
        return S.MFA_ERROR
    if held:
        return S.LOGIN
    wants_code = connection.kind == "credentials" and connection.second_factor == "new_session"
    return S.MFA_ERROR if wants_code else S.LOGIN_ERROR


def judge_login(login: Login, connection: Connection | None, provider: Provider, now_us: int) -> S:
    """Return how a person's login goes on: ``login`` when it holds, else the status it ends in.

    ``connection`` is the one being repaired, None for a first login. What the person types is right or wrong as the
    test logins say; a password changed at the provider is the one the person now types.
    """
    if is_down(provider, now_us):
        return S.UNAVAILABLE
    if login.wanted_status is not None:
        return S(login.wanted_status)
    if login.person is None:
        return S.LOGIN_ERROR
    if connection is not None and connection.locked:
        return S.ACCOUNT_LOCKED
    if connection is not None and not connection.organisation_ok:
        return S.CONFIG_ERROR
    if connection is not None and connection.broken:
        return S(connection.broken_as)
    if login.code != "right" and asks_code(login, connection, provider):
        return S.MFA_ERROR
    return S.LOGIN


def asks_code(login: Login, connection: Connection | None, provider: Provider) -> bool:
    """Return whether the provider asks a person who logs in for a code: a person's login is always a new session."""
    habit = connection.second_factor if connection is not None else provider.second_factor
    return login.asks_code or habit in {"new_session", "always"}


def open_connection(provider: Provider, login: Login, now_us: int, oauth_days: int | None) -> Connection:
    """Return the connection that a first login makes, with the provider's habits."""
    asked_once = login.sandbox_scenario is not None  # what its refreshes do, a sandbox scenario says separately
    habit = "always" if login.asks_code and not asked_once else provider.second_factor
    connection = Connection(kind=provider.kind, logged_in_us=now_us, expires_us=None, second_factor=habit)
    renew(connection, provider, now_us, oauth_days)
    return connection


def renew(connection: Connection, provider: Provider, now_us: int, oauth_days: int | None) -> None:
    """Start grant or session anew after a successful login, with the credentials now in force at the provider.

    ``oauth_days`` overrides the provider's own life of an OAuth grant.
    """
    days = oauth_days if oauth_days is not None and provider.kind == "oauth" else provider.lifetime_days
    connection.logged_in_us = now_us
    connection.expires_us = None if days is None else now_us + days * DAY_US
    connection.credentials_known = connection.credentials_at_provider


def change(connection: Connection, fields: Mapping[str, Any]) -> None:
    """Change causes, by the names that the control API has for them."""
    if fields.get("credentials_changed") is True:
        connection.credentials_at_provider += 1
    elif fields.get("credentials_changed") is False:
        connection.credentials_at_provider = connection.credentials_known
    for name in CAUSES:
        if name in fields:
            setattr(connection, name, fields[name])
