"""Mutants: the reference program with a few lines changed, each of which breaks a clause.

A clause counts as exercised only under a plan by which its own mutant fails; so a contract run needs them as much as
the tests do. A mutant is text: which lines of which module read differently.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

REFERENCE = "mock_truv.contract.reference"
LINES_LIMIT = 10
"""A mutant changes at most so many lines."""
SECTIONS = "abcdefghijkl"


@dataclass(frozen=True)
class Edit:
    """Lines of one module that read differently; ``old`` stands exactly once in it."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """The reference program, wrong in one way."""

    clause_id: str
    name: str
    what: str
    """What it does wrong, in one sentence."""
    edits: tuple[Edit, ...]
    factory: str = "integrator"
    """Which of the reference's factories it is made with."""

    @property
    def lines_changed(self) -> int:
        """Return how many lines were added, removed or changed."""
        return sum(max(_differing(edit.old, edit.new), _differing(edit.new, edit.old)) for edit in self.edits)


@cache
def all_mutants() -> dict[str, Mutant]:
    """Return every mutant by name, in the order of the contract."""
    found: dict[str, Mutant] = {}
    for letter in SECTIONS:
        for path in sorted(Path(__file__).parent.glob(f"{letter}_*.py")):
            module = importlib.import_module(f"{__name__}.{path.stem}")
            for mutant in module.MUTANTS:
                assert mutant.name not in found, f"two mutants are called {mutant.name}"
                found[mutant.name] = mutant
    return found


def mutants_of(clause_id: str) -> list[Mutant]:
    """Return the mutants of a clause."""
    return [mutant for mutant in all_mutants().values() if mutant.clause_id == clause_id]


@cache
def factory_of(mutant: Mutant) -> Callable[[], Any]:
    """Return the factory of a mutant: the reference's, loaded anew with the changed lines."""
    package = f"{REFERENCE}_but_{mutant.name.replace('-', '_')}"
    _install(package, _sources(mutant.edits, package))
    factory: Callable[[], Any] = getattr(importlib.import_module(package), mutant.factory)
    return factory


def _differing(one: str, other: str) -> int:
    rest = other.splitlines()
    count = 0
    for line in one.splitlines():
        if line in rest:
            rest.remove(line)
        else:
            count += 1
    return count


def _sources(edits: Sequence[Edit], package: str) -> dict[str, str]:
    """Return the reference's modules by name, edited, and speaking of the mutant's package instead of their own."""
    folder = Path(__file__).parent.parent / "reference"
    sources = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    for edit in edits:
        name = edit.module.removesuffix(".py")
        count = sources[name].count(edit.old)
        assert count == 1, f"{edit.module} has {edit.old!r} {count} times; a mutant's lines stand there once"
        sources[name] = sources[name].replace(edit.old, edit.new)
    return {name: source.replace(REFERENCE, package) for name, source in sources.items()}


class _Source(MetaPathFinder, Loader):
    """Finds and loads the modules of one package from texts."""

    def __init__(self, package: str, sources: dict[str, str]) -> None:
        self._package = package
        self._sources = sources

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        """Find a module of the package."""
        if fullname == self._package:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        parent, _, name = fullname.rpartition(".")
        if parent == self._package and name in self._sources:
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run its text."""
        name = "__init__" if module.__name__ == self._package else module.__name__.rpartition(".")[2]
        code = compile(self._sources[name], f"<{module.__name__}>", "exec")
        exec(code, module.__dict__)  # noqa: S102 -- the text is our own program's


def _install(package: str, sources: dict[str, str]) -> None:
    if not any(isinstance(finder, _Source) and finder._package == package for finder in sys.meta_path):  # noqa: SLF001
        sys.meta_path.append(_Source(package, sources))
