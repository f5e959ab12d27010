"""Addresses of files: pay statements, tax forms, reports as PDF. None is shown unless the profile asks for them.

An address is ``/files/{link id}/{kind}/{object id}.pdf``, outside ``/v1``: like the service's pre-signed ones it needs
no keys, because a link's id cannot be guessed, and it says everything that is needed to render the file. Unlike
theirs, which end after an hour, it holds as long as the link has its data, so that reports never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mock_truv.api.call import own_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.core.base import WorldBase

FOLDER = "/files"
FileKind = Literal[
    "statement", "w2", "tax-document", "document", "income-report", "employment-report", "deposit-report",
    "loan-report", "report",
]  # fmt: skip
"""``w2`` is named by employment id and year (``{employment id}-{year}``), every other by its object's own id."""


def file_of(world: WorldBase, link_id: str) -> Callable[[str, str], Any]:
    """Return the function that gives (kind, object id) its address, or None where the profile wants none."""
    if world.state.profile.file_urls != "own":
        return lambda kind, ident: None  # noqa: ARG005 -- the other one needs them
    return lambda kind, ident: own_url(f"{FOLDER}/{link_id}/{kind}/{ident}.pdf")
