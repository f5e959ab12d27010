"""A link's end: its personal data and credentials are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.core import notices, records

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link


def delete(world: WorldBase, link: Link) -> None:
    """Remove a link's data; it still reads, with ``deleted_at`` set (inferred), and ``link-deleted`` goes out."""
    remove(world, link)
    notices.link_changed(world, "link-deleted", link, None)


def remove(world: WorldBase, link: Link) -> None:
    """Remove a link's data and tell nobody: alone only for a link that was deleted before a scenario began."""
    link.deleted_us = world.now_us
    link.username = ""
    link.credentials = None
    if link.payloads:
        employer = next((each.employer for each in records.shown(world, link)), None)
        link.company = msgspec.structs.replace(link.company, name=link.company.name or employer)
        link.payloads = []
    world.state.access_tokens.pop(link.access_token, None)
    world.touch(link)
    world.happened("link", link.id, "deleted", link_id=link.id)
