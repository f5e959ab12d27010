"""Request bodies of customization templates.

Keys of settings that no page shows are accepted, kept and given back.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_truv.api.enums import Product

TemplateName = Annotated[str, Meta(min_length=1, max_length=128)]
Hours = Annotated[str, Meta(pattern=r"^\d{1,5}$")]


class GivenTexts(msgspec.Struct):
    """Texts of Bridge (deprecated in favour of ``product_settings``, whose form is not shown)."""

    search_header: str | None = None
    success_cta: str | None = None


class GivenBridge(msgspec.Struct):
    """Settings of Bridge."""

    texts: GivenTexts | None = None
    hide_truv_logo: bool | None = None
    hide_support_button: bool | None = None


class GivenAgreement(msgspec.Struct):
    """The client's own agreement with its end users."""

    header: str | None = None
    url: str | None = None


class GivenBranding(msgspec.Struct):
    """The client's colours, name and logo."""

    company_name: str | None = None
    logo: str | None = None
    accent_color: str | None = None
    background_color: str | None = None
    hide_confetti: bool | None = None
    custom_end_user_agreement: GivenAgreement | None = None


class GivenMessage(msgspec.Struct):
    """A message to the person."""

    text: str | None = None


class GivenNotifications(msgspec.Struct):
    """Who writes to the person, and when."""

    suppress_user_notifications: bool | None = None
    first_notification_delay_hours: Annotated[int, Meta(ge=0, le=2016)] | None = None


class GivenOrders(msgspec.Struct):
    """Settings of order pages and messages."""

    link_expiration: Hours | None = None
    custom_field_title: str | None = None
    support_email: str | None = None
    first_sms: GivenMessage | None = None
    notification_settings: GivenNotifications | None = None
    suppress_user_notifications: bool | None = None


class CreateTemplate(msgspec.Struct):
    """``POST /v1/templates/`` and ``PATCH /v1/templates/{id}/``; without a name it is "My template"."""

    name: TemplateName | None = None
    products: list[Product] | None = None
    default_for_products: bool | None = None
    bridge: GivenBridge | None = None
    branding: GivenBranding | None = None
    orders: GivenOrders | None = None
    document_upload: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    reports: dict[str, Any] | None = None
    data_sources_flow: dict[str, Any] | None = None
