"""Customization templates: how Bridge, order pages and messages look. They are kept and given back; nothing more.

Their id is carried by bridge tokens, orders and webhooks as it was sent: that an unknown one is refused is documented
nowhere. A template that is deleted leaves them as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.model import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.core.base import WorldBase

DEFAULT_NAME = "My template"
"""Name of a template that is given none (templates_read)."""

DEFAULTS: dict[str, dict[str, Any] | None] = {
    "bridge": {
        "texts": {"search_header": None, "success_cta": None},
        "hide_truv_logo": False,
        "hide_support_button": False,
    },
    "branding": {
        "company_name": None,
        "logo": None,
        "accent_color": None,
        "background_color": None,
        "hide_confetti": False,
        "custom_end_user_agreement": {"header": None, "url": None},
    },
    "orders": {
        "link_expiration": None,
        "custom_field_title": None,
        "support_email": None,
        "first_sms": {"text": None},
        "notification_settings": {"suppress_user_notifications": False, "first_notification_delay_hours": None},
        "suppress_user_notifications": False,
    },
    "document_upload": {},
    "data": None,
    "reports": {},
    "data_sources_flow": {},
}
"""What a template without settings shows (the values are assumed): section -> keys of the reference page."""


def create(world: WorldBase, *, name: str | None, products: list[str], default_for_products: bool,
           settings: Mapping[str, Any]) -> Template:  # fmt: skip
    """Make a template."""
    made = Template(
        id=world.new_id("template"),
        name=name or DEFAULT_NAME,
        products=list(dict.fromkeys(products)),
        default_for_products=default_for_products,
        settings={section: merged({}, given) for section, given in settings.items() if given is not None},
        created_us=world.now_us,
        updated_us=world.now_us,
    )
    world.state.templates[made.id] = made
    world.happened("template", made.id, "created")
    return made


def change(world: WorldBase, it: Template, *, name: str | None, products: list[str] | None,
           default_for_products: bool | None, settings: Mapping[str, Any]) -> None:  # fmt: skip
    """Change what is given; settings are merged key by key, and null takes one back (RFC 7396; assumed)."""
    it.name = name or it.name
    it.products = it.products if products is None else list(dict.fromkeys(products))
    it.default_for_products = it.default_for_products if default_for_products is None else default_for_products
    for section, given in settings.items():
        if given is None:
            it.settings.pop(section, None)
        else:
            it.settings[section] = merged(it.settings.get(section, {}), given)
    it.updated_us = max(world.now_us, it.updated_us + 1)
    world.happened("template", it.id, "changed")


def delete(world: WorldBase, it: Template) -> None:
    """Delete a template; orders and tokens keep its id."""
    del world.state.templates[it.id]
    world.happened("template", it.id, "deleted")


def section(it: Template, name: str) -> dict[str, Any] | None:
    """Return the settings of one section: the documented keys in their order, then the client's own."""
    default, given = DEFAULTS[name], it.settings.get(name)
    if given is None:
        return default
    return over(default or {}, given)


def merged(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object changed by another one: objects key by key, null removes, all else replaces (RFC 7396)."""
    result = dict(known)
    for key, value in given.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inner = result.get(key)
            result[key] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[key] = value
    return result


def over(default: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return defaults with what was set laid over them."""
    result = dict(default)
    for key, value in given.items():
        inner = result.get(key)
        result[key] = over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result
