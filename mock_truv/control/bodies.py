"""The request bodies of the control API. Unknown fields are refused here: a typing mistake must not pass silently."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

YEARS_200_SECONDS = 6_400_000_000


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /_mock/clock/advance``: exactly one of ``seconds``, ``to``, ``events``."""

    seconds: Annotated[float, Meta(ge=0, le=YEARS_200_SECONDS)] | None = None
    to: str | None = None
    events: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    max_real_seconds: Annotated[float, Meta(ge=0.001, le=3600)] = 30


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /_mock/settle``."""

    horizon_seconds: Annotated[float, Meta(ge=0, le=YEARS_200_SECONDS)] = 3600
    max_real_seconds: Annotated[float, Meta(ge=0.001, le=3600)] = 30


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /_mock/reset``."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    scenario: str | None = None
    """A shipped scenario's name; absent: as before."""


class OpenSandbox(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /_mock/sandboxes/``."""

    name: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    clock: str | None = None
    scenario: str | None = None
    profile: str | dict[str, Any] | None = None
    """A preset's name, or knobs, which may start from a ``preset``."""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a call that needs none."""


class PutScenario(msgspec.Struct, forbid_unknown_fields=True):
    """``PUT /_mock/scenario``: exactly one of both."""

    scenario: str | None = None
    """A shipped scenario's name."""
    toml: Annotated[str, Meta(max_length=1_000_000)] | None = None
    """The text of a scenario file."""


class CompleteBridge(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /_mock/bridge/{bridge_token}/complete``."""

    username: str
    password: str
    mfa_code: str | None = None
    provider_id: str | None = None
    employer_id: str | None = None
    company_mapping_id: str | None = None
