"""The clauses of the contract, a module for each section. Importing this package fills the registry."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mock_truv.contract.clause import REGISTRY

if TYPE_CHECKING:
    from mock_truv.contract.clause import Clause


@cache
def all_clauses() -> dict[str, Clause]:
    """Return every clause by its id, in the contract's order."""
    for path in sorted(Path(__file__).parent.glob("[a-l]_*.py")):
        importlib.import_module(f"{__name__}.{path.stem}")
    return dict(sorted(REGISTRY.items(), key=lambda entry: int(entry[0].removeprefix("RF-"))))
