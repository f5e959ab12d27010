"""Document collections: files are validated, read, matched to people, and at last made into links.

Source: document collections object, implementing document processing. The states and their order are documented, how
long each takes is assumed. A file is judged by itself (``validations_of``): nothing here is drawn or scripted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import document_data, ids, progress, records
from mock_truv.core.due import FileDue
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import (
    Collection,
    Company,
    Connection,
    Finalized,
    Link,
    RecognizedDocument,
    Script,
    Task,
    UploadedFile,
)
from mock_truv.core.model import FileStatus as F
from mock_truv.core.model import TaskStatus as T
from mock_truv.core.products import DOCS, default_provider
from mock_truv.core.tasks import ERRORS, FINAL
from mock_truv.core.uploads import LARGEST_BYTES, SMALLEST_BYTES, types_told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import User

STAYS_US = {F.PENDING: SECOND_US, F.VALIDATING: 2 * SECOND_US, F.VALIDATED: SECOND_US, F.PROCESSING: 4 * SECOND_US}
"""How long a file stays in a status; one that is not here is the last."""


def create(world: WorldBase, user_ids: Sequence[str], files: Sequence[UploadedFile]) -> Collection:
    """Make a collection of files, which begin to be processed."""
    collection = Collection(
        id=world.new_id("collection"), created_us=world.now_us, updated_us=world.now_us, user_ids=list(user_ids)
    )
    world.state.collections[collection.id] = collection
    world.happened("collection", collection.id, "created")
    add(world, collection, files)
    return collection


def add(world: WorldBase, collection: Collection, files: Sequence[UploadedFile]) -> None:
    """Add files to a collection; they begin to be processed."""
    for file in files:
        file.id = world.new_id("uploaded-file")
        collection.files.append(file)
        _belongs(collection, file.user_id)
        _enter(world, collection, file, F.PENDING)


def go_on(world: WorldBase, collection: Collection, file_id: str) -> None:
    """Take the next step of a file whose time has come."""
    file = next(each for each in collection.files if each.id == file_id)
    match file.status:
        case F.PENDING:
            following = F.VALIDATING
        case F.VALIDATING:
            file.validations = validations_of(world, collection, file)
            sound = all(passed for name, passed in file.validations.items() if name != "is_unique")
            following = F.INVALID if not sound else F.VALIDATED if file.validations["is_unique"] else F.DUPLICATE
        case F.VALIDATED:
            following = F.PROCESSING
        case _:
            assert file.status is F.PROCESSING, f"a file that is {file.status} has nothing to come"
            following = F.FAILED if _is_forged(world, file) else F.SUCCESSFUL
    if following is F.SUCCESSFUL:
        file.user_id = file.user_id or _owner(world, collection, file)
        for kind, subtype in _types(world, file):
            ident = world.new_id("recognized-document")
            collection.documents.append(
                RecognizedDocument(id=ident, file_id=file.id, document_type=kind, document_subtype=subtype)
            )
    _enter(world, collection, file, following)


def validations_of(world: WorldBase, collection: Collection, file: UploadedFile) -> dict[str, bool]:
    """Return what is found out about a file before it is read.

    ``is_supported_type``: its first bytes are those of its ``mime_type``. ``is_accessible``: it asks no password.
    ``is_valid``: its name or its text tells what document it is. ``is_readable``: it is there to its end.
    ``is_unique``: no earlier file of the collection has the same content. What each flag means is inferred from its
    name. With the knob ``document_checks = names`` the content is not looked at.
    """
    facts, valid = file.facts, bool(_types(world, file))
    if world.state.profile.document_checks == "names":
        return {
            "is_viable_size": True, "is_supported_type": True, "is_accessible": True, "is_valid": valid,
            "is_readable": True, "is_unique": True,
        }  # fmt: skip
    earlier = collection.files[: collection.files.index(file)]
    return {
        "is_viable_size": SMALLEST_BYTES <= facts.size_bytes <= LARGEST_BYTES,
        "is_supported_type": facts.mime_type == file.mime_type,
        "is_accessible": not facts.is_locked,
        "is_valid": valid,
        "is_readable": facts.is_whole,
        "is_unique": all(each.facts.md5sum != facts.md5sum for each in earlier),
    }


def finalize(world: WorldBase, collection: Collection, document_ids: Sequence[str] | None, product: str) -> None:
    """Make a link of each person's documents, or bring those made before up to date; their tasks then run.

    ``document_ids`` picks; None takes all. Documents that belong to nobody, and those that say nothing of work, go into
    no link. Nothing happens for a person whose documents are in a link already (assumed).

    Raises:
        WrongInput: A document is unknown, or no link can be made of any.
    """
    chosen = _chosen(collection, document_ids)
    papers = {user.id: mine for user in people(world, collection) if (mine := _papers_of(collection, user.id, chosen))}
    if not papers:
        read = ", ".join(document_data.READ_INTO_LINKS)
        text = f"Of none a link can be made: needed is a recognized document ({read}) that belongs to a user"
        raise WrongInput(("document_ids", text))
    for user_id, mine in papers.items():
        _finalize_for(world, collection, world.state.users[user_id], mine, product)
    _touch(world, collection)


def documents_of(world: WorldBase, link: Link) -> list[document_data.Paper]:
    """Return the documents that a link was made of, with their files, oldest first; none if it was made otherwise."""
    collection = world.state.collections.get(world.state.collection_links.get(link.id, ""))
    done = collection.finalized.get(link.user_id) if collection is not None else None
    if collection is None or done is None or done.link_id != link.id:
        return []
    return _papers_of(collection, link.user_id, set(done.document_ids))


def status_of(world: WorldBase, collection: Collection) -> T | None:
    """Return how far finalizing has come, by the task that is least far: one that runs, one that failed, ``done``.

    None: it was not begun.
    """
    found = [world.state.tasks[each.task_id].status for each in collection.finalized.values()]
    order = sorted(found, key=lambda status: (status in FINAL, status is T.DONE))
    return order[0] if order else None


def people(world: WorldBase, collection: Collection) -> Iterator[User]:
    """Yield the users that documents of a collection belong to or may belong to, without those deleted since."""
    users = (world.state.users[user_id] for user_id in collection.user_ids)
    return (user for user in users if user.deleted_us is None)


def _enter(world: WorldBase, collection: Collection, file: UploadedFile, status: F) -> None:
    file.status = status
    file.updated_us = world.now_us
    _touch(world, collection)
    world.happened("uploaded-file", file.id, status)
    if status in STAYS_US:
        world.schedule(world.now_us + STAYS_US[status], FileDue(collection.id, file.id))


def _touch(world: WorldBase, collection: Collection) -> None:
    collection.updated_us = max(world.now_us, collection.updated_us + 1)


def _belongs(collection: Collection, user_id: str | None) -> None:
    if user_id is not None and user_id not in collection.user_ids:
        collection.user_ids.append(user_id)


def _types(world: WorldBase, file: UploadedFile) -> list[tuple[str, str | None]]:
    """Return what documents a file holds: as its name says (test documents page), else as its text does."""
    by_name = types_told(file.filename)
    return by_name or (file.facts.types if world.state.profile.document_checks == "content" else [])


def _is_forged(world: WorldBase, file: UploadedFile) -> bool:
    return file.facts.maker == "forger" and world.state.profile.document_checks == "content"


def _owner(world: WorldBase, collection: Collection, file: UploadedFile) -> str | None:
    """Return to whom a file belongs that came without a user: whose names stand in its name, or the only person."""
    candidates = list(people(world, collection))
    words = set(document_data.plain(file.filename).split())
    named = [
        user
        for user in candidates
        if user.first_name
        and user.last_name
        and set(document_data.plain(f"{user.first_name} {user.last_name}").split()) <= words
    ]
    found = named or candidates
    return found[0].id if len(found) == 1 else None


def _chosen(collection: Collection, document_ids: Sequence[str] | None) -> set[str]:
    known = {it.id for it in collection.documents}
    if document_ids is None:
        return known
    unknown = [(at, ident) for at, ident in enumerate(document_ids) if ident not in known]
    if unknown:
        text = "The collection has no recognized document with this id: {!r}"
        raise WrongInput(*((f"document_ids[{at}]", text.format(ident)) for at, ident in unknown))
    return set(document_ids)


def _papers_of(collection: Collection, user_id: str, chosen: set[str]) -> list[document_data.Paper]:
    files = {file.id: file for file in collection.files if file.user_id == user_id}
    return [
        (files[it.file_id], it)
        for it in collection.documents
        if it.id in chosen and it.file_id in files and it.document_type in document_data.READ_INTO_LINKS
    ]


def _finalize_for(
    world: WorldBase, collection: Collection, user: User, papers: list[document_data.Paper], product: str
) -> None:
    before = collection.finalized.get(user.id)
    link = world.state.links[before.link_id] if before is not None else None
    if before is not None and link is not None and link.deleted_us is None:
        papers = _papers_of(collection, user.id, {*before.document_ids, *(it.id for _, it in papers)})
        went_well = world.state.tasks[before.task_id].status not in ERRORS
        if went_well and (before.product, len(before.document_ids)) == (product, len(papers)):
            return
        if product not in link.allowed_products:
            link.allowed_products = [*link.allowed_products, product]
    else:
        link = _new_link(world, user, papers, product)
        world.state.collection_links[link.id] = collection.id
    task = _start_task(world, user, link, papers, product)
    document_ids = [it.id for _, it in papers]
    collection.finalized[user.id] = Finalized(
        link_id=link.id, task_id=task.id, product=product, document_ids=document_ids
    )


def _new_link(world: WorldBase, user: User, papers: Sequence[document_data.Paper], product: str) -> Link:
    """Make the link of a person's documents. There is nothing to log in to again: a refresh is ``not_supported``."""
    link = Link(
        id=world.new_id("link"),
        access_token=world.new_id("access-token"),
        link_hash="",
        user_id=user.id,
        provider_id=default_provider(DOCS, world.state.providers),
        username="",
        person=document_data.person_of(world, [file for file, _ in papers]).key,
        variation=document_data.variation_of(world, user),
        history_since=records.history_start(world),
        product=product,
        status=T.NEW,
        created_us=world.now_us,
        updated_us=world.now_us,
        connection=Connection(
            kind="credentials", logged_in_us=world.now_us, expires_us=None, broken=True, broken_as=T.NOT_SUPPORTED
        ),
        company=Company(),
        data_source=DOCS,
        allowed_products=[product],
    )
    link.link_hash = ids.identifier(world.state.seed, "documents", link.id)
    world.state.links[link.id] = link
    world.state.access_tokens[link.access_token] = link.id
    user.link_ids.append(link.id)
    world.happened("link", link.id, "made", link_id=link.id)
    return link


def _start_task(world: WorldBase, user: User, link: Link, papers: Sequence[document_data.Paper], product: str) -> Task:
    """Start the task that reads a person's documents into a link: what they say comes as a scenario's data do."""
    payload = document_data.payload_of(world, user, papers)
    task = Task(
        id=world.new_id("task"),
        status=T.NEW,
        product=product,
        provider_id=link.provider_id,
        user_id=user.id,
        created_us=world.now_us,
        updated_us=world.now_us,
        is_refresh=False,
        link_id=link.id,
        data_source=DOCS,
        is_suspicious=payload["flags"]["is_suspicious"],
        verdict=T.LOGIN,
        script=Script(sandbox_scenario="", payload=payload),
    )
    progress.start(world, task)
    return task
