"""Answers about customization templates. Their settings may have further keys, those that the client set."""

from __future__ import annotations

from typing import Annotated, Any

from mock_truv.api.enums import Product
from mock_truv.api.shapes.base import Id, Moment, Paged, Shape, assumed, inferred

UNSET_TEXT = "null where nothing is set"


class Texts(Shape, forbid_unknown_fields=False):
    """Texts of Bridge."""

    SOURCE = "customization-templates-1"

    search_header: Annotated[str | None, inferred(UNSET_TEXT)]
    success_cta: Annotated[str | None, inferred(UNSET_TEXT)]


class BridgeSettings(Shape, forbid_unknown_fields=False):
    """Settings of Bridge."""

    SOURCE = "customization-templates-1"

    texts: Texts
    hide_truv_logo: bool
    hide_support_button: bool


class Agreement(Shape, forbid_unknown_fields=False):
    """The client's own agreement with its end users."""

    SOURCE = "customization-templates-1"

    header: Annotated[str | None, inferred(UNSET_TEXT)]
    url: Annotated[str | None, inferred(UNSET_TEXT)]


class BrandingSettings(Shape, forbid_unknown_fields=False):
    """The client's colours, name and logo."""

    SOURCE = "customization-templates-1"

    company_name: Annotated[str | None, inferred(UNSET_TEXT)]
    logo: Annotated[str | None, inferred("templates object speaks of it; its form is not shown")]
    accent_color: Annotated[str | None, inferred(UNSET_TEXT)]
    background_color: Annotated[str | None, inferred(UNSET_TEXT)]
    hide_confetti: bool
    custom_end_user_agreement: Agreement


class Message(Shape, forbid_unknown_fields=False):
    """A message to the person."""

    SOURCE = "customization-templates-1"

    text: Annotated[str | None, inferred(UNSET_TEXT)]


class NotificationSettings(Shape, forbid_unknown_fields=False):
    """Who writes to the person, and when."""

    SOURCE = "templates object"

    suppress_user_notifications: bool
    first_notification_delay_hours: Annotated[int | None, inferred(UNSET_TEXT)]


class OrderSettings(Shape, forbid_unknown_fields=False):
    """Settings of order pages and messages."""

    SOURCE = "customization-templates-1"

    link_expiration: Annotated[str | None, inferred("hours as text; " + UNSET_TEXT)]
    custom_field_title: Annotated[str | None, inferred(UNSET_TEXT)]
    support_email: Annotated[str | None, inferred(UNSET_TEXT)]
    first_sms: Message
    notification_settings: NotificationSettings
    suppress_user_notifications: Annotated[bool, inferred("older place of the key in notification_settings")]


class Template(Shape):
    """A customization template."""

    SOURCE = "templates_read, templates object"

    id: Id
    name: str
    products: list[Product]
    default_for_products: bool
    created_at: Moment
    updated_at: Moment
    bridge: BridgeSettings
    branding: BrandingSettings
    orders: OrderSettings
    document_upload: Annotated[dict[str, Any], inferred("templates_read: an object; its keys are not shown")]
    data: dict[str, Any] | None
    reports: Annotated[dict[str, Any], assumed("templates object: settings of reports; form not shown")]
    data_sources_flow: Annotated[dict[str, Any], assumed("templates object: order of sources; form not shown")]


class TemplateQuery(Paged):
    """The query of the template list."""

    query: str | None = None
    """A part of the name (inferred)."""
    default_for_products: bool | None = None
