"""Files as they come in: what is kept of a request that brings some, and to whom they are said to belong.

The content of a file goes no further than to ``reduced``, which the border calls before a request is journaled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.bodies.collections import GivenDocument
from mock_truv.core import uploads
from mock_truv.core.errors import WrongInput
from mock_truv.core.model import UploadedFile, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.api.bodies.collections import GivenUser
    from mock_truv.core.base import WorldBase

PATH = "/documents/collections/"
UNREADABLE = "[unreadable]"
"""Stands for a long body in which no files can be found, because it is no JSON."""
KEPT_BYTES = 1024
"""So long a body that is no JSON is journaled as it was sent: too short for the smallest file that can be processed."""


def takes_files(path: str) -> bool:
    """Return whether a path below ``/v1`` takes files."""
    return path.startswith(PATH) or path == PATH.removesuffix("/")


def reduced(text: str) -> str:
    """Return a body with the facts of each file in place of its content, so that no journal holds a person's papers.

    A long body that is no JSON becomes a short one that is none either.
    """
    try:
        body = msgspec.json.decode(text) if text.strip() else None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text if len(text) <= KEPT_BYTES else UNREADABLE
    if not isinstance(body, dict) or not isinstance(documents := body.get("documents"), list):
        return text
    try:
        return msgspec.json.encode({**body, "documents": [_reduced_document(each) for each in documents]}).decode()
    except (RecursionError, UnicodeError, OverflowError, ValueError):
        return UNREADABLE


def _reduced_document(given: Any) -> Any:
    """Return a document of a body with the facts of its content; what is no text is emptied, other keys are left out.

    It is refused for its type, or tolerated, all the same.
    """
    if not isinstance(given, dict):
        return type(given)() if given is not None else None
    kept = {key: given[key] for key in GivenDocument.__struct_fields__ if key in given}
    content = kept.get("content")
    if isinstance(content, str):
        kept["content"] = uploads.reduced(content) if content else ""
    elif content is not None:
        kept["content"] = type(content)()
    return kept


class People:
    """The users of a request: known ones, and new ones that are made only when nothing else is wrong with it."""

    def __init__(self, world: WorldBase, given: Sequence[GivenUser]) -> None:
        self._world = world
        self._given: list[str | GivenUser] = []
        self._made: dict[str, str] = {}
        """External id -> id of the users made."""
        self._ids: list[str] = []
        problems = []
        for at, each in enumerate(given):
            known = each.id or world.state.users_by_external_id.get(each.external_user_id or "")
            if each.id is not None and not self._is_known(each.id):
                problems.append((f"users[{at}].id", f"No user has this id: {each.id!r}"))
            elif known is None and each.external_user_id is None and each.full_name is None:
                text = "Give the id of a user, or external_user_id or full_name of a new one"
                problems.append((f"users[{at}].id", text))
            self._given.append(each if known is None else known)
        if problems:
            raise WrongInput(*problems)

    def owner(self, document: GivenDocument, place: str) -> str | None:
        """Return the user to whom a document is said to belong: an id, or a new user's external id.

        Raises:
            WrongInput: There is no such user, or both ids are given.
        """
        user_id, external_id = document.user_id, document.external_user_id
        if user_id is not None and external_id is not None:
            raise WrongInput((f"{place}.external_user_id", "Give either user_id or external_user_id"))
        if user_id is not None and not self._is_known(user_id):
            raise WrongInput((f"{place}.user_id", f"No user has this id: {user_id!r}"))
        if external_id is None or external_id in {it.external_user_id for it in self._given if not isinstance(it, str)}:
            return user_id or external_id
        known = self._world.state.users_by_external_id.get(external_id)
        if known is None:
            text = f"No user has the external_user_id {external_id!r}; add one to users"
            raise WrongInput((f"{place}.external_user_id", text))
        return known

    def make(self) -> None:
        """Make the new users."""
        for each in self._given:
            self._ids.append(each if isinstance(each, str) else self._make(each))

    def ids(self) -> list[str]:
        """Return the ids of all users of the request, each once."""
        return list(dict.fromkeys(self._ids))

    def id_of(self, owner: str | None) -> str | None:
        """Return the id of an owner."""
        return self._made.get(owner, owner) if owner is not None else None

    def _is_known(self, user_id: str) -> bool:
        user = self._world.state.users.get(user_id)
        return user is not None and user.deleted_us is None

    def _make(self, given: GivenUser) -> str:
        if given.external_user_id in self._made:
            return self._made[given.external_user_id]
        world = self._world
        first, _, last = (given.full_name or "").strip().rpartition(" ")
        user = User(
            id=world.new_id("user"),
            created_us=world.now_us,
            updated_us=world.now_us,
            external_user_id=given.external_user_id,
            first_name=first or last or None,
            last_name=last if first else None,
            ssn=given.ssn,
        )
        world.state.users[user.id] = user
        if given.external_user_id is not None:
            world.state.users_by_external_id[given.external_user_id] = self._made[given.external_user_id] = user.id
        world.happened("user", user.id, "created")
        return user.id


def received_files(
    world: WorldBase, documents: Sequence[GivenDocument], people: People
) -> list[tuple[UploadedFile, str | None]]:
    """Return the files of a request, each with the user it is said to belong to.

    Raises:
        WrongInput: One is not base64, or belongs to nobody that is known.
    """
    found, problems = [], []
    for at, document in enumerate(documents):
        facts = uploads.given_facts(document.content)
        if facts is None:
            problems.append((f"documents[{at}].content", "Must be the file in base64"))
            continue
        file = UploadedFile(
            id="", filename=document.filename, mime_type=document.mime_type, facts=facts,
            created_us=world.now_us, updated_us=world.now_us,
        )  # fmt: skip
        try:
            found.append((file, people.owner(document, f"documents[{at}]")))
        except WrongInput as error:
            problems += [(it["field"], it["message"]) for it in (error.extra or {})["invalid-params"]]
    if problems:
        raise WrongInput(*problems)
    return found
