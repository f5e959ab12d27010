"""What an integrator says of itself, and the ceilings that hold whatever it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import STATES
from mock_truv.contract.declarations import (
    CAPABILITIES,
    CEILINGS_S,
    COUNTS,
    PREFILL_WITH_WEBHOOKS_S,
    REENTRANCIES,
    known_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS = {"webhook": "webhook", "run_due": "bulk", "outbox": "outbox", "logs": "logs", "close_case": "close"}
"""Optional calls and the capability that each switches on."""


class ManifestError(Exception):
    """The manifest is no manifest; every problem stands on a line of its own."""


@dataclass(frozen=True)
class Manifest:
    """A checked manifest; bounds and counts are cut at the ceilings (``findings`` names those that were)."""

    name: str = "integrator"
    version: str = "0"
    style: str = ""
    capabilities: frozenset[str] = frozenset({"core"})
    reentrancy: str = "none"
    bounds_s: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int | None] = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=dict)
    state_map: Mapping[str, str] = field(default_factory=dict)
    field_map: Mapping[str, str] = field(default_factory=dict)
    http_timeout_s: float = 30.0
    clock: str | None = None
    webhook_path: str | None = None
    findings: tuple[str, ...] = ()

    def has(self, *capabilities: str) -> bool:
        """Return whether it has all of these capabilities."""
        return self.capabilities.issuperset(capabilities)

    def bound_us(self, name: str) -> int:
        """Return a bound in microseconds: what is declared, else the ceiling."""
        ceiling = CEILINGS_S[name]
        if name == "B-PREFILL" and self.has("webhook"):
            ceiling = PREFILL_WITH_WEBHOOKS_S
        return round(min(self.bounds_s.get(name, ceiling), ceiling) * 1_000_000)

    def count(self, name: str) -> int:
        """Return a declared count, else its ceiling."""
        return min(self.counts.get(name) or COUNTS[name], COUNTS[name])

    @property
    def run_times(self) -> tuple[int, ...]:
        """Times of the day at which it works in runs, in microseconds since midnight UTC; none: on its own."""
        return tuple(_time_of_day_us(text) for text in self.policies.get("run_times") or ())

    def state(self, shown: str) -> str:
        """Return the state that the integrator's own word stands for."""
        return self.state_map.get(shown, shown)


def parse_manifest(value: Any, calls: frozenset[str] = frozenset()) -> Manifest:
    """Return the manifest of what ``describe`` gave; ``calls`` are the optional calls that the adapter has.

    Raises:
        ManifestError: It is no mapping, or a value has the wrong type or is unknown.
    """
    if not isinstance(value, dict):
        raise ManifestError(f"describe() gave {type(value).__name__}; it must give a mapping (clauses: manifest)")
    problems = _unknown("", value)
    tables = {
        name: _table(value, name, problems) for name in ("bounds_s", "counts", "policies", "state_map", "field_map")
    }
    claimed = value.get("capabilities", [])
    if not isinstance(claimed, (list, tuple)) or not all(isinstance(each, str) for each in claimed):
        problems.append(f"capabilities: {claimed!r} is no list of names")
        claimed = []
    unknown = sorted(set(claimed) - set(CAPABILITIES))
    if unknown:
        problems.append(f"capabilities: {', '.join(unknown)} is unknown; known are {', '.join(CAPABILITIES)}")
    reentrancy = value.get("reentrancy", "none")
    if reentrancy not in REENTRANCIES:
        problems.append(f"reentrancy: {reentrancy!r}; it is one of {', '.join(REENTRANCIES)}")
    for table in ("bounds_s", "counts", "policies"):
        problems += _unknown(table, tables[table])
    for name, number in tables["counts"].items():
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
            problems.append(f"counts: {name} = {number!r}; a whole number from 0 is wanted, or null")
    for name, seconds in tables["bounds_s"].items():
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds < 1e9:
            problems.append(f"bounds_s: {name} = {seconds!r}; seconds above 0 are wanted")
    for own, state in tables["state_map"].items():
        if state not in STATES:
            problems.append(f"state_map: {own} = {state!r}; it is one of {', '.join(STATES)}")
    timeout_s = value.get("http_timeout_s", 30.0)
    if not isinstance(timeout_s, (int, float)) or isinstance(timeout_s, bool) or not timeout_s > 0:
        problems.append(f"http_timeout_s: {timeout_s!r}; seconds above 0 are wanted")
    problems += [
        f'policies.run_times: {text!r}; times of the day in UTC such as "02:00" are wanted'
        for text in tables["policies"].get("run_times") or ()
        if not isinstance(text, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text)
    ]
    if problems:
        raise ManifestError("\n".join(problems))
    capabilities = {"core", *claimed} | {CALLS[name] for name in calls if name in CALLS}
    capabilities -= {CALLS[name] for name in CALLS if name not in calls}
    if "crash" not in calls:
        capabilities.discard("persist")
    return Manifest(
        name=str(value.get("name", "integrator")),
        version=str(value.get("version", "0")),
        style=str(value.get("style", "")),
        capabilities=frozenset(capabilities),
        reentrancy=reentrancy,
        bounds_s=tables["bounds_s"],
        counts=tables["counts"],
        policies=tables["policies"],
        state_map=tables["state_map"],
        field_map=tables["field_map"],
        http_timeout_s=float(timeout_s),
        clock=value.get("clock"),
        webhook_path=value.get("webhook_path"),
        findings=_findings(tables["bounds_s"], tables["counts"], "webhook" in capabilities),
    )


def _unknown(table: str, value: Mapping[str, Any]) -> list[str]:
    """Return a problem for each key that no manifest has, so that nobody declares in vain."""
    known = known_keys(table)
    where = f"{table}: " if table else ""
    return [f"{where}{name} is unknown; known are {', '.join(known)}" for name in value if name not in known]


def _time_of_day_us(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return (int(hours) * 60 + int(minutes)) * 60_000_000


def _table(value: dict[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    table = value.get(name) or {}
    if not isinstance(table, dict):
        problems.append(f"{name}: {table!r} is no mapping")
        return {}
    return table


def _findings(bounds_s: Mapping[str, float], counts: Mapping[str, int | None], webhook: bool) -> tuple[str, ...]:
    """Return what was declared above a ceiling; the ceiling is used instead."""
    ceilings = CEILINGS_S | ({"B-PREFILL": PREFILL_WITH_WEBHOOKS_S} if webhook else {})
    found = [
        f"{name}: {seconds:g} s is above the ceiling of {ceilings[name]} s; the ceiling is used"
        for name, seconds in bounds_s.items()
        if seconds > ceilings[name]
    ]
    found += [
        f"{name}: {number} is above the ceiling of {COUNTS[name]}; the ceiling is used"
        for name, number in counts.items()
        if name in COUNTS and number is not None and number > COUNTS[name]
    ]
    return tuple(found)
