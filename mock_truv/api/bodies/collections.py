"""Bodies of the operations on document collections."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.common import Ssn

MimeType = Literal[
    "application/pdf", "image/jpeg", "image/png", "image/tiff", "image/webp", "image/x-ms-bmp", "image/heic",
    "image/heif",
]  # fmt: skip


class GivenDocument(msgspec.Struct):
    """A file to be processed, and whose it is, if that is known: by one of the two ids."""

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    mime_type: MimeType
    content: Annotated[str, Meta(min_length=1, description="the file, in base64")]
    user_id: str | None = None
    external_user_id: str | None = None


class GivenUser(msgspec.Struct):
    """A person to whom documents may belong: a known one by an id, or a new one."""

    id: str | None = None
    external_user_id: str | None = None
    full_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    ssn: Ssn | None = None


Documents = Annotated[list[GivenDocument], Meta(min_length=1, max_length=10)]


class CreateCollection(msgspec.Struct):
    """``POST /v1/documents/collections/``."""

    documents: Documents
    users: Annotated[list[GivenUser], Meta(max_length=100)] | None = None


class UploadDocuments(msgspec.Struct):
    """``POST /v1/documents/collections/{id}/upload/``."""

    documents: Documents


class FinalizeCollection(msgspec.Struct):
    """``POST /v1/documents/collections/{id}/finalize/``: some of the documents, or all that were recognized."""

    document_ids: Annotated[list[str], Meta(max_length=1000)] | None = None
    product_type: Literal["income", "employment"] = "income"
