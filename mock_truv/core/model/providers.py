"""Providers and their outages."""

from __future__ import annotations

from mock_truv.core.plain import Frozen, Plain


class Outage(Frozen, frozen=True, kw_only=True):
    """A provider is down while ``from_us <= now < until_us``; no end: until further notice."""

    from_us: int
    until_us: int | None = None


class Provider(Plain, kw_only=True):
    """A payroll provider, bank or insurer, and its habits (habits are assumed)."""

    id: str
    name: str
    logo_url: str | None = None
    kind: str = "oauth"
    lifetime_days: int | None = 180
    second_factor: str = "never"
    task_seconds: int = 8
    outages: list[Outage] = []
    data_source: str = "payroll"
    """``payroll``, ``financial_accounts`` (a bank) or ``insurance``."""
