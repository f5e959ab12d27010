"""Request bodies of the client's own sandbox scenarios."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.common import Name
from mock_truv.api.enums import DataSource, Product

Ending = Literal[
    "done", "login_error", "mfa_error", "config_error", "account_locked", "no_data", "unavailable", "unable_to_reset",
    "not_supported", "error",
]  # fmt: skip
Label = Annotated[str, Meta(min_length=1, max_length=128)]
Typed = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=2000)]
Seconds = Annotated[int, Meta(ge=0, le=1200)]


class TextChallenge(msgspec.Struct, tag_field="type", tag="TEXT"):
    """A question that one text answers."""

    answer: Typed
    label: Text | None = None


class Option(msgspec.Struct):
    """One of the answers that a question offers."""

    value: Typed
    label: Text | None = None


class OptionsChallenge(msgspec.Struct, tag_field="type", tag="OPTIONS"):
    """A question with answers to choose from; any of ``answers`` is right."""

    options: Annotated[list[Option], Meta(min_length=1, max_length=50)]
    answers: Annotated[list[Typed], Meta(min_length=1, max_length=50)]
    label: Text | None = None


class Mfa(msgspec.Struct):
    """What a sandbox scenario asks the person."""

    challenges: Annotated[list[TextChallenge | OptionsChallenge], Meta(max_length=10)]


class CreateSandboxScenario(msgspec.Struct):
    """``POST /v1/sandbox/scenarios/``. Lengths, the longest delay and that only a final status is taken are assumed."""

    label: Label
    data_source: DataSource | None = None
    description: Text | None = None
    products: list[Product] | None = None
    enabled: bool | None = None
    username: Typed | None = None
    password: Typed | None = None
    is_refresh: bool | None = None
    provider_id: Typed | None = None
    company_domain: Typed | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    payload: dict[str, Any] | None = None
    behavior_status: Ending | None = None
    behavior_error_message: Text | None = None
    behavior_duration_seconds: Seconds | None = None
    behavior_mfa: Mfa | None = None


class PatchSandboxScenario(msgspec.Struct):
    """``PATCH`` and ``PUT /v1/sandbox/scenarios/{id}/``: absent keys stay, null unsets."""

    label: Label | msgspec.UnsetType = msgspec.UNSET
    data_source: DataSource | msgspec.UnsetType | None = msgspec.UNSET
    description: Text | msgspec.UnsetType | None = msgspec.UNSET
    products: list[Product] | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType | None = msgspec.UNSET
    username: Typed | msgspec.UnsetType | None = msgspec.UNSET
    password: Typed | msgspec.UnsetType | None = msgspec.UNSET
    is_refresh: bool | msgspec.UnsetType | None = msgspec.UNSET
    provider_id: Typed | msgspec.UnsetType | None = msgspec.UNSET
    company_domain: Typed | msgspec.UnsetType | None = msgspec.UNSET
    first_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    last_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    payload: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    behavior_status: Ending | msgspec.UnsetType | None = msgspec.UNSET
    behavior_error_message: Text | msgspec.UnsetType | None = msgspec.UNSET
    behavior_duration_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    behavior_mfa: Mfa | msgspec.UnsetType | None = msgspec.UNSET


class ResolveSandboxScenario(msgspec.Struct):
    """``POST /v1/sandbox/scenarios/resolve/``."""

    data_source: DataSource | None = None
    product: Product | None = None
    username: Text | None = None
    password: Text | None = None
    provider_id: Text | None = None
