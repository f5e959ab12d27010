"""Request bodies of users, of their bridge tokens and of their reports."""

from __future__ import annotations

import msgspec

from mock_truv.api.bodies.common import Account, Ssn
from mock_truv.api.enums import DataSource, Product


class CreateUser(msgspec.Struct):
    """``POST /v1/users/``. The reference requires three fields; official samples send any subset."""

    external_user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ssn: Ssn | None = None


class CreateToken(msgspec.Struct):
    """``POST /v1/users/{id}/tokens/``."""

    product_type: Product
    allowed_products: list[Product] | None = None
    tracking_info: str | None = None
    company_mapping_id: str | None = None
    provider_id: str | None = None
    access_token: str | None = None
    template_id: str | None = None
    use_case: str | None = None
    request_extended_history: bool | None = None
    locale: str | None = None
    data_sources: list[DataSource] | None = None
    account: Account | None = None
    client_name: str | None = None


class CreateReport(msgspec.Struct):
    """``POST /v1/users/{id}/reports/``."""

    is_voe: bool = False
