"""What opens Bridge, what Bridge hands out, and the keys of the API."""

from __future__ import annotations

from typing import Any

from mock_truv.core.plain import Plain


class BridgeToken(Plain, kw_only=True):
    """A token that opens Bridge: a user's own, an order's, or a suborder's."""

    token: str
    user_id: str
    created_us: int
    product: str
    order_id: str | None = None
    suborder_id: str | None = None
    allowed_products: list[str] = []
    data_sources: list[str] | None = None
    tracking_info: str | None = None
    company_mapping_id: str | None = None
    provider_id: str | None = None
    access_token: str | None = None
    template_id: str | None = None
    client_name: str | None = None
    account: dict[str, Any] | None = None
    """Where a deposit switch is to send pay."""


class PublicToken(Plain, kw_only=True):
    """What Bridge hands to the page on success; single use."""

    token: str
    link_id: str
    created_us: int
    tracking_info: str | None = None
    used: bool = False


class AccessKey(Plain, kw_only=True):
    """A key made by the client; its secret is computed when it is needed."""

    id: str
    ordinal: int
    created_us: int
    deactivated_us: int | None = None
