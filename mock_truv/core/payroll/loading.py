"""From the bytes of ``fixtures/people/*.json`` to people, and from a login name to a person. Reads no file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.core.payroll.people import Person

if TYPE_CHECKING:
    from collections.abc import Mapping


class FixtureError(ValueError):
    """A fixture file is wrong; the message names the file and the field."""


def load_people(files: Mapping[str, bytes]) -> dict[str, Person]:
    """Decode ``{file name: JSON}`` to ``{person key: Person}``, in the given order.

    A folder in front of the file name and ``.json`` behind it may be there or not.

    Raises:
        FixtureError: A file is not what it should be, its name is not its person's key, or two share a login name.
    """
    people: dict[str, Person] = {}
    owners: dict[str, str] = {}
    for file, raw in files.items():
        person = _decode(file, raw)
        if person.key != file.rpartition("/")[2].removesuffix(".json"):
            raise FixtureError(f"{file}: key: {person.key!r} is not the name of the file")
        for username in person.usernames:
            if owners.setdefault(username, file) != file or person.usernames.count(username) > 1:
                raise FixtureError(f"{file}: usernames: {username!r} is already taken in {owners[username]}")
        people[person.key] = person
    return people


def person_for_login(people: Mapping[str, Person], username: str) -> Person | None:
    """Return the person whom the login name ``username`` leads to, written exactly so; None if there is none."""
    return next((person for person in people.values() if username in person.usernames), None)


def _decode(file: str, raw: bytes) -> Person:
    try:
        return msgspec.json.decode(raw, type=Person)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        field = path.strip("`.") or "the whole file"
        raise FixtureError(f"{file}: {field}: {problem}") from None
    except ValueError as error:
        raise FixtureError(f"{file}: not JSON: {error}") from None
