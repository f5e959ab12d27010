"""The people known to the service."""

from __future__ import annotations

from mock_truv.core.plain import Plain


class User(Plain, kw_only=True):
    """A person known to Truv (users page)."""

    id: str
    created_us: int
    updated_us: int
    external_user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ssn: str | None = None
    deleted_us: int | None = None
    voie_report_id: str | None = None
    voa_report_id: str | None = None
    income_insights_report_id: str | None = None
    link_ids: list[str] = []
    order_ids: list[str] = []
    report_ids: list[str] = []
