"""Changes to what lies outside Truv: a person's connection, a provider, the knobs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mock_truv.api.parsing import parse_value
from mock_truv.core import connections, links
from mock_truv.core.bounds import of_fault
from mock_truv.core.connections import is_down
from mock_truv.core.due import ChangeDue
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.faults import Active
from mock_truv.core.instants import LAST_US, SECOND_US, parse_instant, text_z
from mock_truv.core.model import Outage
from mock_truv.core.outgoing import release
from mock_truv.core.profile import Profile
from mock_truv.core.scenario import BrokenAs, SecondFactor

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.faults import Fault
    from mock_truv.core.model import Link, Provider

FAULTS_LIMIT = 1000


class ConnectionChange(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``PATCH /_mock/connections/{link_id}``."""

    session_ended: bool | UnsetType = UNSET
    """true: session or grant ends now."""
    expires_at: str | UnsetType | None = UNSET
    """When session or grant ends, RFC 3339; null: never."""
    credentials_changed: bool | UnsetType = UNSET
    """true: the person has a new password at the provider, which Truv does not know."""
    second_factor: SecondFactor | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    organisation_ok: bool | UnsetType = UNSET
    has_records: bool | UnsetType = UNSET
    broken: bool | UnsetType = UNSET
    broken_as: BrokenAs | UnsetType = UNSET
    """In which status a task ends while ``broken`` is true."""
    at: str | UnsetType = UNSET
    """When it is to happen, RFC 3339; absent: now."""


class OutageChange(msgspec.Struct, forbid_unknown_fields=True):
    """A window on the calendar; without ``until`` it lasts until further notice."""

    from_: str = msgspec.field(name="from")
    until: str | None = None


class ProviderChange(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``PATCH /_mock/providers/{id}``."""

    down: bool | UnsetType = UNSET
    """true: down from now on; false: every outage that has begun ends now."""
    down_for_seconds: Annotated[int, Meta(ge=1, le=31_536_000)] | UnsetType = UNSET
    outages: list[OutageChange] | UnsetType = UNSET
    """Replaces all outages."""
    second_factor: SecondFactor | UnsetType = UNSET
    lifetime_days: Annotated[int, Meta(ge=1, le=36500)] | UnsetType | None = UNSET
    """Life of the grants and sessions that begin from now on."""
    task_seconds: Annotated[int, Meta(ge=1, le=86_400)] | UnsetType = UNSET


def apply(world: WorldBase, target: str, ident: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Change a ``connection``, a ``provider`` or the ``profile``; return it as it is now.

    Raises:
        NotFound: There is none with this id.
        WrongInput: Every wrong field; nothing was changed.
    """
    match target:
        case "connection":
            link = world.state.links.get(ident)
            if link is None:
                raise NotFound
            change = parse_value(fields, ConnectionChange)
            if change.session_ended is False and change.expires_at is UNSET:
                raise WrongInput(("session_ended", "A session starts anew by a login, or by a later expires_at"))
            if isinstance(change.expires_at, str):
                _instant("expires_at", change.expires_at)
            if isinstance(change.at, str):
                _plan_change(world, link, change.at, fields)
            else:
                _change_connection(world, link, change)
                world.happened("connection", link.id, "changed", link_id=link.id)
            return shown_connection(world, link)
        case "provider":
            provider = world.state.providers.get(ident)
            if provider is None:
                raise NotFound
            _change_provider(world, provider, parse_value(fields, ProviderChange))
            world.happened("provider", provider.id, "changed")
            return shown_provider(world, provider)
        case _:
            assert target == "profile", f"nothing called {target} can be changed"
            world.state.profile = parse_value(msgspec.to_builtins(world.state.profile) | fields, Profile)
            world.happened("profile", "profile", "changed")
            shown: dict[str, Any] = msgspec.to_builtins(world.state.profile)
            return shown


def befall(world: WorldBase, target: str, ident: str, fields: dict[str, Any]) -> None:
    """Let a planned change happen, if what it is about is still there; the one of a ``link`` is its end."""
    if target in {"connection", "link"} and world.state.links[ident].deleted_us is not None:
        return
    if target == "link":
        links.delete(world, world.state.links[ident])
    else:
        apply(world, target, ident, fields)


def turn_fault(world: WorldBase, ident: str, fault: Fault | None) -> None:
    """Begin or end a planned fault."""
    if fault is not None:
        world.state.edge.faults[ident] = Active(id=ident, fault=fault, since_us=world.now_us)
        world.happened("fault", ident, "added")
    elif ident in world.state.edge.faults:
        remove_fault(world, ident)


def add_fault(world: WorldBase, fault: Fault, name: str | None) -> dict[str, Any]:
    """Put a fault into force.

    Raises:
        WrongInput: The name is in use, its order is no permutation, or there are too many.
    """
    in_force = world.state.edge.faults
    ident = name or f"fault-{world.new_ordinal('fault')}"
    if ident in in_force:
        raise WrongInput(("name", f"A fault called {ident!r} is in force; remove it or take another name"))
    if len(in_force) >= FAULTS_LIMIT:
        raise WrongInput(("name", f"{FAULTS_LIMIT} faults are in force; remove some"))
    problems = list(of_fault(fault))
    if problems:
        raise WrongInput(*problems)
    in_force[ident] = Active(id=ident, fault=fault, since_us=world.now_us)
    world.happened("fault", ident, "added")
    return shown_fault(in_force[ident])


def remove_fault(world: WorldBase, ident: str) -> dict[str, Any]:
    """End a fault; what it held back goes out now.

    Raises:
        NotFound: There is none of this name.
    """
    active = world.state.edge.faults.pop(ident, None)
    if active is None:
        raise NotFound
    release(world, active)
    world.happened("fault", ident, "removed")
    return shown_fault(active)


def shown_fault(active: Active) -> dict[str, Any]:
    """Return a fault as the control API shows it."""
    return {
        "id": active.id,
        "since": text_z(active.since_us),
        "seen": active.seen,
        "used": active.used,
        **msgspec.to_builtins(active.fault),
    }


def shown_connection(world: WorldBase, link: Link) -> dict[str, Any]:
    """Return a connection as the control API shows it."""
    it = link.connection
    return {
        "link_id": link.id,
        "user_id": link.user_id,
        "provider_id": link.provider_id,
        "status": link.status,
        "kind": it.kind,
        "logged_in_at": text_z(it.logged_in_us),
        "expires_at": None if it.expires_us is None else text_z(it.expires_us),
        "session_ended": it.expires_us is not None and it.expires_us <= world.now_us,
        "credentials_changed": it.credentials_known != it.credentials_at_provider,
        "second_factor": it.second_factor,
        "locked": it.locked,
        "organisation_ok": it.organisation_ok,
        "has_records": it.has_records,
        "broken": it.broken,
        "broken_as": it.broken_as,
    }


def shown_provider(world: WorldBase, it: Provider) -> dict[str, Any]:
    """Return a provider as the control API shows it."""
    return {
        "id": it.id,
        "name": it.name,
        "kind": it.kind,
        "lifetime_days": it.lifetime_days,
        "second_factor": it.second_factor,
        "task_seconds": it.task_seconds,
        "down": is_down(it, world.now_us),
        "outages": [
            {"from": text_z(each.from_us), "until": None if each.until_us is None else text_z(each.until_us)}
            for each in it.outages
        ],
    }


def _plan_change(world: WorldBase, link: Link, at: str, fields: dict[str, Any]) -> None:
    """Put a change of a connection on the agenda."""
    at_us = _instant("at", at)
    if not world.now_us <= at_us <= LAST_US:
        raise WrongInput(("at", f"Must lie between {text_z(world.now_us)} and {text_z(LAST_US)}; got {at!r}"))
    later = {name: value for name, value in fields.items() if name != "at"}
    world.schedule(at_us, ChangeDue("connection", link.id, later))


def _change_connection(world: WorldBase, link: Link, change: ConnectionChange) -> None:
    it = link.connection
    expires_us = it.expires_us
    if isinstance(change.expires_at, str):
        expires_us = _instant("expires_at", change.expires_at)
    elif change.expires_at is None:
        expires_us = None
    if change.session_ended is True:
        expires_us = world.now_us
    it.expires_us = expires_us
    given = ((name, getattr(change, name)) for name in ("credentials_changed", *connections.CAUSES))
    connections.change(it, {name: value for name, value in given if value is not UNSET})


def _change_provider(world: WorldBase, it: Provider, change: ProviderChange) -> None:
    now_us = world.now_us
    outages = list(it.outages)
    if change.outages is not UNSET:
        outages = [_outage(each, at) for at, each in enumerate(change.outages)]
    if change.down is False:
        outages = [
            Outage(from_us=each.from_us, until_us=min(now_us, now_us if each.until_us is None else each.until_us))
            if each.from_us <= now_us
            else each
            for each in outages
        ]
    elif change.down is True:
        outages.append(Outage(from_us=now_us))
    if change.down_for_seconds is not UNSET:
        outages.append(Outage(from_us=now_us, until_us=now_us + change.down_for_seconds * SECOND_US))
    it.outages = outages
    for name in ("second_factor", "lifetime_days", "task_seconds"):
        value = getattr(change, name)
        if value is not UNSET:
            setattr(it, name, value)


def _outage(change: OutageChange, at: int) -> Outage:
    from_us = _instant(f"outages[{at}].from", change.from_)
    until_us = None if change.until is None else _instant(f"outages[{at}].until", change.until)
    if until_us is not None and until_us <= from_us:
        raise WrongInput((f"outages[{at}].until", f"Must be later than from; got {change.until!r}"))
    return Outage(from_us=from_us, until_us=until_us)


def _instant(field: str, text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise WrongInput((field, str(error))) from None
