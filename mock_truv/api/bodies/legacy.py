"""Request bodies of old operations: the token of a link in the body."""

from __future__ import annotations

import msgspec

from mock_truv.api.bodies.common import Date


class TokenInBody(msgspec.Struct):
    """``POST /v1/links/reports/{product}/``."""

    access_token: str


class RequestPayroll(msgspec.Struct):
    """``POST /v1/administrators/payrolls/``."""

    access_token: str
    start_date: Date
    end_date: Date
