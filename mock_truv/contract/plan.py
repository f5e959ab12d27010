"""Plans: scenarios written in one line of Python. A plan is a ``Scenario`` and can be saved as its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, DriverRule, FaultRule, PersonRule, ProviderRule, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER_POST: dict[str, Any] = {"method": "POST", "path": "/v1/orders/*/"}
"""The request that asks for a refresh, as faults and control points name it."""
NEW_ORDER_POST: dict[str, Any] = {"method": "POST", "path": "/v1/orders/"}
ORDER_READ: dict[str, Any] = {"method": "GET", "path": "/v1/orders/*/"}
ORDER_LIST: dict[str, Any] = {"method": "GET", "path": "/v1/orders/"}
DUE = "2026-01-05"
"""The day on which stories begin."""


def plan(
    title: str,
    *,
    people: Sequence[PersonRule] | PersonRule | int = 1,
    connection: Sequence[ConnectionRule] | ConnectionRule = (),
    provider: Sequence[ProviderRule] | ProviderRule = (),
    fault: Sequence[FaultRule | faults.Fault] | FaultRule | faults.Fault = (),
    driver: Sequence[DriverRule] | DriverRule = (),
    profile: dict[str, Any] | None = None,
    lasts: str = "5d",
    seed: int = 0,
    zone: str | None = None,
) -> Scenario:
    """Return a plan; ``people`` may be a number of plain cases.

    Without a request or a nightly run in ``driver``, every case is requested at the start. Where runs over what is due
    stand in it, cases without a date are due from the start.
    """
    rules = (PersonRule(count=people),) if isinstance(people, int) else _many(people)
    given = _many(driver)
    cases = sum(rule.count for rule in rules)
    if not any(rule.do in {"request", "run-due"} for rule in given):
        given = (request(cases=cases), *given)
    if any(rule.do == "run-due" for rule in given):
        rules = tuple(replace(rule, due_on=rule.due_on or DUE) for rule in rules)
    return Scenario(
        name="plan",
        title=title,
        why="A plan of the contract run.",
        expect="The contract is kept.",
        person=rules,
        connection=_many(connection),
        provider=_many(provider),
        fault=tuple(it if isinstance(it, FaultRule) else FaultRule(fault=it) for it in _many(fault)),
        driver=given,
        profile={name: list(value) if isinstance(value, tuple) else value for name, value in (profile or {}).items()},
        lasts=lasts,
        seed=seed,
        zone=zone,
    )


def request(after: str = "0s", **fields: Any) -> DriverRule:
    """Return: a caseworker asks for a refresh. By default once for case 1 in cycle-1."""
    return DriverRule(do="request", after=after, **fields)


def run_due(after: str = "1h", **fields: Any) -> DriverRule:
    """Return: a run over all cases that are due."""
    return DriverRule(do="run-due", after=after, **fields)


def nights(times: int = 2, **fields: Any) -> DriverRule:
    """Return: such a run every 24 hours, the first after an hour."""
    return run_due(every="1d", times=times, **fields)


def crash(at: str, **fields: Any) -> DriverRule:
    """Return: the integrator dies at a control point and starts again."""
    return DriverRule(do="crash", at=at, **fields)  # type: ignore[arg-type]


def person(does: str, after: str = "2h", **fields: Any) -> DriverRule:
    """Return: what the person does so long after the link came; ``does`` as in *completes*, *leaves*, *mistypes*."""
    return DriverRule(do=f"person-{does}", after=after, **fields)  # type: ignore[arg-type]


def down(after: str, lasting: str, ident: str = "truv_api") -> ProviderRule:
    """Return: a provider is down for a while."""
    return ProviderRule(id=ident, down_from=after, down_for=lasting)


def during(fault: faults.Fault, after: str = "0s", lasting: str | None = None) -> FaultRule:
    """Return: a fault that begins later, or ends."""
    return FaultRule(fault=fault, after=None if after == "0s" else after, lasting=lasting)


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
