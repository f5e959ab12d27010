"""Operations on document collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api.bodies.collections import CreateCollection, FinalizeCollection, UploadDocuments
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.collections import (
    CollectionDocument,
    CollectionFile,
    CollectionUser,
    DocumentCollection,
    Finalization,
    FinalizedDocument,
    FinalizedLink,
    FinalizedUser,
    ListedCollection,
    Validations,
)
from mock_truv.api.uploading import PATH, People, received_files
from mock_truv.core import collections
from mock_truv.core.instants import text_z

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Collection, Finalized, RecognizedDocument, UploadedFile, User


def list_collections(call: Call) -> Page[ListedCollection]:
    """Return the collections, newest first."""
    return page(call, list(reversed(call.world.state.collections.values())), _listed)


def create(call: Call) -> DocumentCollection:
    """Make a collection of files; they are validated and read on the clock."""
    body: CreateCollection = call.body
    people = People(call.world, body.users or [])
    files = received_files(call.world, body.documents, people)
    people.make()
    made = collections.create(call.world, people.ids(), [_owned(file, owner, people) for file, owner in files])
    return _shown(call.world, made)


def read(call: Call) -> DocumentCollection:
    """Return a collection with its files, the documents recognized so far, and the people they belong to."""
    return _shown(call.world, call.target)


def upload(call: Call) -> DocumentCollection:
    """Add files to a collection."""
    body: UploadDocuments = call.body
    people = People(call.world, [])
    files = received_files(call.world, body.documents, people)
    collections.add(call.world, call.target, [_owned(file, owner, people) for file, owner in files])
    return _shown(call.world, call.target)


def finalize(call: Call) -> Finalization:
    """Make links of the documents; the answer is how far that has come."""
    body: FinalizeCollection = call.body
    collections.finalize(call.world, call.target, body.document_ids, body.product_type)
    return _finalization(call.world, call.target)


def read_finalization(call: Call) -> Finalization:
    """Return how far finalizing has come: its status is ``done`` when every link has its data."""
    return _finalization(call.world, call.target)


def _owned(file: UploadedFile, owner: str | None, people: People) -> UploadedFile:
    file.user_id = people.id_of(owner)
    return file


def _listed(it: Collection) -> ListedCollection:
    return ListedCollection(
        collection_id=it.id,
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        files_count=len(it.files),
        documents_count=len(it.documents),
        users_count=len(it.user_ids),
    )


def _shown(world: WorldBase, it: Collection) -> DocumentCollection:
    owners = {file.id: file.user_id for file in it.files}
    return DocumentCollection(
        collection_id=it.id,
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        uploaded_files=[_file(world, file) for file in it.files],
        documents=[_document(world, document, owners[document.file_id]) for document in it.documents],
        users=[_user(user) for user in collections.people(world, it)],
    )


def _file(world: WorldBase, it: UploadedFile) -> CollectionFile:
    mime_type: Any = it.mime_type
    return CollectionFile(
        file_id=it.id,
        filename=it.filename,
        mime_type=mime_type,
        status=it.status,
        validations=None if it.validations is None else Validations(**it.validations),
        user_id=it.user_id,
        external_user_id=_external_id(world, it.user_id),
    )


def _document(world: WorldBase, it: RecognizedDocument, user_id: str | None) -> CollectionDocument:
    kind: Any = it.document_type
    subtype: Any = it.document_subtype
    return CollectionDocument(
        document_id=it.id,
        file_id=it.file_id,
        document_type=kind,
        document_subtype=subtype,
        user_id=user_id,
        external_user_id=_external_id(world, user_id),
    )


def _user(it: User) -> CollectionUser:
    name = " ".join(part for part in (it.first_name, it.last_name) if part)
    return CollectionUser(id=it.id, external_user_id=it.external_user_id, full_name=name or None)


def _external_id(world: WorldBase, user_id: str | None) -> str | None:
    return None if user_id is None else world.state.users[user_id].external_user_id


def _finalization(world: WorldBase, it: Collection) -> Finalization:
    return Finalization(
        status=collections.status_of(world, it),
        users=[_finalized(world, it, user_id, it.finalized.get(user_id)) for user_id in it.user_ids if it.finalized],
    )


def _finalized(world: WorldBase, it: Collection, user_id: str, done: Finalized | None) -> FinalizedUser:
    owners = {file.id: file.user_id for file in it.files}
    product: Any = done.product if done else None
    links = [
        FinalizedLink(
            link_id=done.link_id,
            task_id=done.task_id,
            status=world.state.tasks[done.task_id].status,
            product_type=product,
        )
        for done in ([done] if done else [])
    ]
    documents = []
    for document in it.documents:
        if owners[document.file_id] == user_id:
            kind: Any = document.document_type
            link_id = done.link_id if done is not None and document.id in done.document_ids else None
            documents.append(
                FinalizedDocument(
                    document_id=document.id, file_id=document.file_id, document_type=kind, link_id=link_id
                )
            )
    return FinalizedUser(id=user_id, external_user_id=_external_id(world, user_id), links=links, documents=documents)


OPERATIONS = (
    Operation(
        "GET", PATH, list_collections, "document-collections object", query=Paged, answer=Page[ListedCollection],
    ),
    Operation(
        "POST", PATH, create, "collections_create; status inferred", CreateCollection, 201, answer=DocumentCollection,
        errors=(413,),
    ),
    Operation("GET", PATH + "{collection}/", read, "collections_retrieve", answer=DocumentCollection),
    Operation(
        "POST", PATH + "{collection}/upload/", upload, "collections_upload; status and answer inferred",
        UploadDocuments, 201, answer=DocumentCollection, errors=(413,),
    ),
    Operation(
        "POST", PATH + "{collection}/finalize/", finalize, "collections_finalize_create; status inferred",
        FinalizeCollection, answer=Finalization,
    ),
    Operation(
        "GET", PATH + "{collection}/finalize/", read_finalization, "collections_finalize_retrieve",
        answer=Finalization,
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"collection": lambda world, ident, _: world.state.collections.get(ident)}
