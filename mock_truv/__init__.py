"""A faithful, deterministic fake of Truv's order, refresh and report API, and a contract-testing toolkit. Unofficial.

Importing this package imports nothing heavy; ``Sandbox`` and ``Server`` are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_truv.sandbox import Sandbox
    from mock_truv.server import Server

__version__ = "0.1.0"
__all__ = ["Sandbox", "Server", "__version__"]


def __getattr__(name: str) -> object:
    # imported on first use, see the module's docstring
    if name == "Sandbox":
        from mock_truv.sandbox import Sandbox  # noqa: PLC0415

        return Sandbox
    if name == "Server":
        from mock_truv.server import Server  # noqa: PLC0415

        return Server
    raise AttributeError(f"module 'mock_truv' has no attribute {name!r}")
