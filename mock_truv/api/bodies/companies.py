"""Request body of the search for one employer."""

from __future__ import annotations

import msgspec

from mock_truv.api.bodies.common import Address
from mock_truv.api.enums import Product


class MatchCompany(msgspec.Struct):
    """``POST /v1/companies/``: what is known of an employer; every part may be missing (company_mapping)."""

    name: str | None = None
    domain: str | None = None
    ein: str | None = None
    address: Address | None = None
    phone: str | None = None
    id: str | None = None
    """Not explained there; here the company mapping id, where it is one (assumed)."""
    product_type: Product | None = None
    state: str | None = None
    """The official sample sends it beside ``address``."""
