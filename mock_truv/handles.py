"""What a test takes hold of in a sandbox to change it: a connection, a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.commands import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.commands import Command


class Connection:
    """What lies behind a link, to be changed by a test."""

    def __init__(self, do: Callable[[Command], Any], link_id: str) -> None:
        self._do = do
        self.link_id = link_id

    def change(self, **fields: Any) -> dict[str, Any]:
        """Change fields as ``PATCH /_mock/connections/{link_id}`` does; return the connection as it is now."""
        changed: dict[str, Any] = self._do(Change("connection", self.link_id, fields))
        return changed

    def end_session(self) -> None:
        """Let session or grant end now: the next refresh cannot log in."""
        self.change(session_ended=True)

    def change_credentials(self) -> None:
        """The person has a new password at the provider, which Truv does not know."""
        self.change(credentials_changed=True)


class Provider:
    """A payroll provider, to be changed by a test."""

    def __init__(self, do: Callable[[Command], Any], provider_id: str) -> None:
        self._do = do
        self.id = provider_id

    def change(self, **fields: Any) -> dict[str, Any]:
        """Change fields as ``PATCH /_mock/providers/{id}`` does; return the provider as it is now."""
        changed: dict[str, Any] = self._do(Change("provider", self.id, fields))
        return changed

    def go_down(self, *, hours: float | None = None) -> None:
        """Be down from now on, for ``hours`` or until ``come_back``."""
        self.change(**({"down": True} if hours is None else {"down_for_seconds": round(hours * 3600)}))

    def come_back(self) -> None:
        """End the outages that have begun."""
        self.change(down=False)
