"""A link's end: its personal data and credentials are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import notices

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link


def delete(world: WorldBase, link: Link) -> None:
    """Remove a link's data; it still reads, with ``deleted_at`` set (inferred), and ``link-deleted`` goes out."""
    link.deleted_us = world.now_us
    link.username = ""
    world.state.access_tokens.pop(link.access_token, None)
    world.touch(link)
    world.happened("link", link.id, "deleted", link_id=link.id)
    notices.link_changed(world, "link-deleted", link, None)
