"""The refresh contract: what a sound integrator does, and the suite that tries it on any integrator.

An integrator is reached through a small adapter (``adapter.py``). A *plan* is carried out on a world of its own
(``driver.py``), which writes a *history*; *clauses* judge it, as pure functions. Names that are promises: the types of
the adapter, ``adapter``, ``verify``, ``check_scenario``, and ``RefreshContract``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import STATES, CaseIn, CaseView, Env, HarnessCrash, HookReply, Integrator, Step, adapter

if TYPE_CHECKING:
    from mock_truv.contract.files import check_scenario
    from mock_truv.contract.search.suite import verify
    from mock_truv.contract.testing import RefreshContract

__all__ = [
    "STATES", "CaseIn", "CaseView", "Env", "HarnessCrash", "HookReply", "Integrator", "RefreshContract", "Step",
    "adapter", "check_scenario", "verify",
]  # fmt: skip
LATER = {
    "RefreshContract": "mock_truv.contract.testing",
    "check_scenario": "mock_truv.contract.files",
    "verify": "mock_truv.contract.search.suite",
}
"""Names whose modules are loaded when they are asked for: an adapter's own imports stay light."""


def __getattr__(name: str) -> Any:
    if name in LATER:
        return getattr(importlib.import_module(LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
