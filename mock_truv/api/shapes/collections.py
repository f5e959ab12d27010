"""What document collections look like."""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.bodies.collections import MimeType
from mock_truv.api.shapes.base import Id, Moment, Shape, assumed, inferred
from mock_truv.core.model import FileStatus, TaskStatus

DocumentType = Literal[
    "PAYSTUB", "W2", "F1099", "F1040", "BANK_STATEMENT", "PASSPORT", "GREEN_CARD", "DRIVER_LICENSE", "VOLUNTEER_LETTER",
]  # fmt: skip
DocumentSubtype = Literal[
    "F1099_DIV", "F1099_G", "F1099_INT", "F1099_MISC", "F1099_NEC", "F1099_R", "F_SSA1099", "VOL_TRANSCRIPT",
    "VOL_HOURS_LOG",
]  # fmt: skip
OBJECT = "document-collections/object"


class ListedCollection(Shape):
    """An entry of the list of collections."""

    SOURCE = OBJECT

    collection_id: Id
    created_at: Moment
    updated_at: Moment
    files_count: int
    documents_count: int
    users_count: int


class Validations(Shape):
    """What was found out about a file before it is read."""

    SOURCE = OBJECT

    is_viable_size: bool
    is_supported_type: bool
    is_accessible: bool
    is_valid: bool
    is_readable: bool
    is_unique: bool


class CollectionFile(Shape):
    """An uploaded file."""

    SOURCE = OBJECT

    file_id: Id
    filename: str
    mime_type: MimeType
    status: FileStatus
    validations: Validations | None
    user_id: str | None
    external_user_id: str | None


class CollectionDocument(Shape):
    """A document that was recognized in a file."""

    SOURCE = OBJECT

    document_id: Id
    file_id: Id
    document_type: DocumentType
    document_subtype: Annotated[DocumentSubtype | None, assumed("further keys were not seen; others have it")]
    user_id: Annotated[str | None, assumed("further keys were not seen; files have it")]
    external_user_id: Annotated[str | None, assumed("further keys were not seen; files have it")]


class CollectionUser(Shape):
    """A person to whom documents of a collection belong or may belong."""

    SOURCE = "collections_create shows the keys that are sent"
    BASIS = "inferred"

    id: Id
    external_user_id: str | None
    full_name: str | None


class DocumentCollection(Shape):
    """A collection with its files, the documents in them, and the people they belong to."""

    SOURCE = "document-collections/object, collections_retrieve"

    collection_id: Id
    created_at: Annotated[Moment, inferred("the list shows it")]
    updated_at: Annotated[Moment, inferred("the list shows it")]
    uploaded_files: list[CollectionFile]
    documents: list[CollectionDocument]
    users: list[CollectionUser]


class FinalizedLink(Shape):
    """A link that was made of a person's documents."""

    SOURCE = "collections_finalize_create: users with their links and documents"
    BASIS = "assumed"

    link_id: Id
    task_id: Id
    status: TaskStatus
    product_type: Literal["income", "employment"]


class FinalizedDocument(Shape):
    """A document that went into a link, or did not (``link_id`` null)."""

    SOURCE = "collections_finalize_create: users with their links and documents"
    BASIS = "assumed"

    document_id: Id
    file_id: Id
    document_type: DocumentType
    link_id: Id | None


class FinalizedUser(Shape):
    """What finalizing has made of one person's documents."""

    SOURCE = "collections_finalize_create: users with their links and documents"
    BASIS = "assumed"

    id: Id
    external_user_id: str | None
    links: list[FinalizedLink]
    documents: list[FinalizedDocument]


class Finalization(Shape):
    """How far finalizing has come: ``done`` when every link has its data; null before it was begun."""

    SOURCE = "collections_finalize_create, collections_finalize_retrieve; the checklist polls its status until done"
    BASIS = "inferred"

    status: TaskStatus | None
    users: list[FinalizedUser]
