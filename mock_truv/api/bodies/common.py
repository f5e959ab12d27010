"""What bodies of several operations share. Dates are text of the form ``YYYY-MM-DD``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=50)]
Ssn = Annotated[str, Meta(pattern=r"^(\d{4}|\d{9})$")]
Date = Annotated[
    str,
    Meta(
        pattern=r"^((\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
        r"|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
        r"|(\d\d(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)$",
        description="a date, YYYY-MM-DD",
        extra_json_schema={"format": "date"},
    ),
]
"""A day that there is: answers repeat it."""


class Address(msgspec.Struct):
    """An employer's address."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Account(msgspec.Struct):
    """A bank account for deposit switch and paycheck-linked loans."""

    account_number: str | None = None
    routing_number: str | None = None
    account_type: Literal["checking", "savings"] | None = None
    bank_name: str | None = None
    deposit_type: str | None = None
    deposit_value: str | float | None = None
    action: str | None = None
