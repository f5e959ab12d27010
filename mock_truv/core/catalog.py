"""The immutable data a world refers to: people, employers, providers. Read from ``fixtures/`` outside the core."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core.model import Provider
from mock_truv.core.payroll import load_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.core.payroll import Person

TRUV_API = "truv_api"
"""Provider of a login that names none (orders page: id ``truv_api``, "Sandbox Provider")."""


class Catalog:
    """People, employers and providers, with one digest over the bytes they were read from."""

    def __init__(self, people: Mapping[str, bytes], employers: bytes, providers: bytes) -> None:
        self.people: dict[str, Person] = load_people(people)
        self.employers: list[dict[str, Any]] = msgspec.json.decode(employers)
        self.providers: list[Provider] = msgspec.json.decode(providers, type=list[Provider])
        content = sha256(employers + b"\0" + providers)
        for name in sorted(people):
            content.update(name.encode() + b"\0" + people[name])
        self.digest = content.hexdigest()

    def employer(self, mapping_id: str) -> dict[str, Any] | None:
        """Return the employer with a company mapping id, or None."""
        return next((entry for entry in self.employers if entry["company_mapping_id"] == mapping_id), None)
