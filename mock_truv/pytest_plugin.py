"""Fixtures ``mock_truv`` and ``mock_truv_server``. PYTEST_DONT_REWRITE.

Loaded in every pytest run of every environment that has mock-truv, so it imports nothing until a fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.sandbox import Sandbox
    from mock_truv.server import Server


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "mock_truv_scenario(name): put this scenario into force before the test begins")


@pytest.fixture(scope="session")
def mock_truv_server() -> Iterator[Server]:
    """One mock-truv server for the whole session, on a free port."""
    from mock_truv.server import Server  # noqa: PLC0415 -- see the module's docstring

    with Server() as server:
        yield server


@pytest.fixture
def mock_truv(mock_truv_server: Server, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh, isolated sandbox for this test, on virtual time; its seed comes from the test's node id."""
    sandbox = mock_truv_server.sandbox(request.node.nodeid)
    for mark in request.node.iter_markers("mock_truv_scenario"):
        sandbox.scenario(*mark.args)
    yield sandbox
    sandbox.close()
