"""The knobs: every value that the documentation leaves open or gives differently, in one typed profile."""

from __future__ import annotations

import msgspec


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The knobs of one sandbox; units stand at the end of the names."""

    client_name: str = "Example County HHS"
    refresh_limit: int = 3
    """Refreshes of one connection within 24 hours (documented)."""
    refresh_limit_hours: int = 24
    """Width of the half-open window in which they are counted (documented; that it rolls is assumed)."""
    webhook_retries: int = 3
    """Retries after the first delivery (official sample guide)."""
    webhook_retry_seconds: int = 30
    """Pause before each retry (official sample guide)."""
    webhook_timeout_seconds: int = 10
    """A slower answer is a failed delivery (documented)."""
    webhook_redirects: int = 5
    """Redirects followed for one attempt (that they are followed is documented, the number is assumed)."""
    order_expiry_hours: int = 72
    """Life of a link that was sent; Saturdays and Sundays do not count (documented default)."""
    order_notify_seconds: int = 1
    """From an order's creation to its first message, when it has an e-mail address or a phone (assumed)."""
    bridge_token_hours: int = 6
    """Life of a bridge token (documented)."""
    public_token_hours: int = 6
    """Life of a public token (older documentation; the current one says short-lived)."""
    history_years: int = 1
    """Whole calendar years of pay statements before the year of the first login (assumed)."""
    page_size: int = 20
    """Entries of a page when the request does not say (assumed)."""
    page_size_max: int = 100
    """Largest page that is served (assumed)."""
