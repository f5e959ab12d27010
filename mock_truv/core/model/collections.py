"""Uploaded files, the documents in them, and the collections they are in.

A file's content is never kept: only what processing asks of it.
"""

from __future__ import annotations

from enum import StrEnum

from mock_truv.core.plain import Frozen, Plain


class FileStatus(StrEnum):
    """States of an uploaded file (document collections object)."""

    PENDING = "pending"
    VALIDATING = "validating"
    VALIDATED = "validated"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    PROCESSING = "processing"
    SUCCESSFUL = "successful"
    FAILED = "failed"


class FileFacts(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """What processing asks of a file's content."""

    size_bytes: int
    md5sum: str
    mime_type: str | None = None
    """What its first bytes say it is; None: nothing that is known."""
    is_whole: bool = True
    """It ends as its kind must end."""
    is_locked: bool = False
    """It wants a password."""
    types: list[tuple[str, str | None]] = []
    """The documents that its text shows: type and subtype."""
    maker: str | None = None
    """What its metadata say it was made with, where that is known for altering documents: ``editor`` or ``forger``."""


class UploadedFile(Plain, kw_only=True):
    """A file of a collection."""

    id: str
    filename: str
    mime_type: str
    facts: FileFacts
    created_us: int
    updated_us: int
    status: FileStatus = FileStatus.PENDING
    validations: dict[str, bool] | None = None
    user_id: str | None = None


class RecognizedDocument(Frozen, frozen=True, kw_only=True):
    """A document within an uploaded file."""

    id: str
    file_id: str
    document_type: str
    document_subtype: str | None


class Finalized(Frozen, frozen=True, kw_only=True):
    """What finalizing has made of one user's documents."""

    link_id: str
    task_id: str
    product: str
    document_ids: list[str]


class Collection(Plain, kw_only=True):
    """Files that are processed together."""

    id: str
    created_us: int
    updated_us: int
    files: list[UploadedFile] = []
    documents: list[RecognizedDocument] = []
    user_ids: list[str] = []
    finalized: dict[str, Finalized] = {}
    """User id -> what was made of that user's documents last."""
