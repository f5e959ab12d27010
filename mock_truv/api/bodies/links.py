"""Request bodies of the token exchange and of a link's refresh."""

from __future__ import annotations

import msgspec

from mock_truv.api.bodies.common import Account
from mock_truv.api.enums import Product


class ExchangeToken(msgspec.Struct):
    """``POST /v1/link-access-tokens/``."""

    public_token: str


class CreateRefreshTask(msgspec.Struct):
    """``POST /v1/refresh/tasks/``."""

    access_token: str
    product_type: Product | None = None
    account: Account | None = None
