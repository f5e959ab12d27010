"""Customization templates."""

from __future__ import annotations

from typing import Any

from mock_truv.core.plain import Plain


class Template(Plain, kw_only=True):
    """A customization template."""

    id: str
    name: str
    products: list[str]
    default_for_products: bool
    settings: dict[str, dict[str, Any]]
    """Section -> what the client set in it, keys that no page shows included."""
    created_us: int
    updated_us: int
