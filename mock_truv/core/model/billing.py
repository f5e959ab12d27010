"""What is billed."""

from __future__ import annotations

from mock_truv.core.plain import Frozen


class LedgerLine(Frozen, frozen=True, kw_only=True):
    """One billed verification: a refresh task (refresh page: each is billed as a separate verification)."""

    at_us: int
    task_id: str
    link_id: str
    product: str
    order_id: str | None
    free: bool = False
