"""Which room may know which: the direction of imports, the purity of the core, and how little an import loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mock_truv
from mock_truv.resources import FOLDERS, folder

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(mock_truv.__file__).parent

FREE = frozenset({"mock_truv", "mock_truv.resources"})
"""The version, and where the data folders are: they import nothing of ours, and anything above the world may ask."""

BELOW_THE_EDGE = ("core", "api", "changes", "world", "journal", "delivery", "scenarios", "runtime")
ROOMS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("core", ("core",), ()),
    ("api", ("api",), ("core",)),
    ("changes", ("control/__init__", "control/changes"), ("core", "api")),
    ("world", ("world", "commands"), ("core", "api", "changes")),
    ("journal", ("journal",), ("core", "api", "changes", "world")),
    ("delivery", ("delivery",), ("core",)),
    ("scenarios", ("scenarios",), ("core", "api")),
    ("runtime", ("runtime",), ("core", "api", "changes", "world", "journal", "delivery", "scenarios")),
    (  # the transport that reaches a server of this process belongs to that server
        "top",
        ("http/transport",),
        (*BELOW_THE_EDGE, "description", "edge", "adapter", "contract", "clauses"),
    ),
    ("pdf", ("pdf",), ("core", "api")),
    ("description", ("openapi",), BELOW_THE_EDGE),  # what is served, told from its types and from a run of the machine
    ("edge", ("http", "control", "pages"), (*BELOW_THE_EDGE, "pdf", "description")),
    ("contract", ("contract/__init__",), (*BELOW_THE_EDGE, "pdf", "adapter", "reference", "clauses")),  # the front door
    ("adapter", ("contract/adapter", "contract/transport", "contract/declarations", "contract/manifest"), ()),
    ("reference", ("contract/reference",), ("adapter",)),  # a stranger's program: it knows nothing but the adapter
    (  # pure judgement: histories, clauses, plans
        "clauses",
        ("contract/clauses", "contract/clause", "contract/history", "contract/operations", "contract/plan"),
        ("core", "adapter"),
    ),
    ("contract", ("contract",), (*BELOW_THE_EDGE, "pdf", "adapter", "reference", "clauses")),
    ("top", ("",), (*BELOW_THE_EDGE, "pdf", "description", "edge", "adapter", "clauses", "contract")),
)
"""Name of a room, where its modules are, the rooms it may import besides itself; a module is of the first that fits."""

PURE = ("core", "api", "changes", "world", "journal")
"""Rooms without clock, chance or network."""
IMPURE_MODULES = {"journal/file"}
"""The one module of them that touches the machine: it appends lines to a file."""
FORBIDDEN = frozenset({
    "time", "random", "socket", "secrets", "uuid", "asyncio", "threading", "ssl", "select", "subprocess", "os",
    "pathlib", "tempfile", "platform", "locale", "getpass", "multiprocessing", "concurrent", "selectors", "signal",
    "importlib", "http",
    "urllib.request", "httpx", "starlette", "uvicorn", "faker", "hypothesis", "typer", "rich", "jinja2", "pytest",
})  # fmt: skip
READS_THE_CLOCK = {"now", "today", "utcnow", "fromtimestamp", "localtime", "astimezone"}
CORE_MAY_IMPORT = {"msgspec"}
HEAVY = ("starlette", "uvicorn", "httpx", "hypothesis", "faker", "schemathesis", "msgspec", "fpdf")
NOT_FOR_SERVING = ("faker", "httpx", "hypothesis", "schemathesis", "jinja2", "rich", "fpdf", "PIL")


def modules() -> list[str]:
    """Return all modules of the package as paths without suffix: ``core/tasks``, ``world``."""
    found = [path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")]
    return sorted(name for name in found if not name.startswith("_data/"))


MODULES = modules()


def room_of(module: str) -> str:
    """Return the room that a module belongs to."""
    return next(
        room for room, places, _ in ROOMS for place in places if place in {"", module} or module.startswith(f"{place}/")
    )


def tree_of(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Yield the dotted name of everything a module imports, inside functions and for type checking, too."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import; name the module in full"
            assert node.module is not None
            yield from (_imported(node.module, alias.name) for alias in node.names)


def _imported(origin: str, name: str) -> str:
    """Return what ``from origin import name`` loads: a module of ours called ``name``, or ``origin`` itself."""
    inner = PACKAGE.parent / origin.replace(".", "/") / name
    is_module = origin.startswith("mock_truv") and (inner.with_suffix(".py").exists() or inner.is_dir())
    return f"{origin}.{name}" if is_module else origin


def own(dotted: str) -> str:
    """Return the path of a module of ours without suffix."""
    inner = dotted.removeprefix("mock_truv").lstrip(".").replace(".", "/")
    return f"{inner}/__init__" if (PACKAGE / inner).is_dir() else inner


def test_the_rooms_are_there() -> None:
    """Every room of the table has modules, so that the tests below look at something."""
    assert {room_of(module) for module in MODULES} == {room for room, _, _ in ROOMS}
    assert len(MODULES) > 50


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    """A module imports only its own room and those below it."""
    room = room_of(module)
    allowed = {room, *next(below for name, _, below in ROOMS if name == room)}
    for dotted in imports(module):
        if dotted.split(".")[0] != "mock_truv" or (dotted in FREE and room not in {"core", "api", "changes", "world"}):
            continue
        target = room_of(own(dotted))
        assert target in allowed, f"{module} ({room}) imports {dotted} ({target})"


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) == "core"])
def test_the_core_stands_on_the_standard_library(module: str) -> None:
    """A core module imports the core, the standard library, and msgspec for its data: nothing else."""
    for dotted in imports(module):
        top = dotted.split(".")[0]
        assert top == "mock_truv" or top in CORE_MAY_IMPORT or top in sys.stdlib_module_names, f"{module}: {dotted}"


@pytest.mark.parametrize(
    "module", [module for module in MODULES if room_of(module) in PURE and module not in IMPURE_MODULES]
)
def test_the_rules_read_no_clock_and_no_chance(module: str) -> None:
    """A pure module imports nothing that has a clock, chance or a network, and asks ``datetime`` for no present."""
    for dotted in imports(module):
        parts = dotted.split(".")
        prefixes = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        assert not prefixes & FORBIDDEN, f"{module} imports {dotted}"
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS_THE_CLOCK:
            pytest.fail(f"{module}:{node.lineno} calls .{node.func.attr}()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "input", "hash", "id", "exec", "eval", "print", "__import__"}, (
                f"{module}:{node.lineno} calls {node.func.id}()"
            )


def test_the_impure_modules_exist() -> None:
    """Every exception from purity names a module that is still there and still needs it."""
    for module in IMPURE_MODULES:
        tops = {dotted.split(".")[0] for dotted in imports(module)}
        assert tops & FORBIDDEN, f"{module} is pure; take it off the list"


def loaded_by(*names: str) -> set[str]:
    """Return the names of all modules that a fresh interpreter has after these imports."""
    code = f"import sys, json\nfor name in {names!r}: __import__(name)\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["mock_truv", "mock_truv.pytest_plugin"])
def test_importing_us_is_cheap(name: str) -> None:
    """Importing the package or its pytest plugin loads none of the libraries that it later works with."""
    assert not loaded_by(name) & set(HEAVY)


def test_serving_loads_only_what_it_serves_with() -> None:
    """What ``serve`` imports has neither Faker nor httpx, Hypothesis, schemathesis, Jinja or rich in it."""
    loaded = loaded_by("mock_truv.http.build", "mock_truv.http.serve", "mock_truv.runtime.hub")
    assert {"starlette", "uvicorn", "msgspec"} <= loaded
    assert not loaded & set(NOT_FOR_SERVING)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_data_folders_are_no_packages(name: str) -> None:
    """No data folder has an ``__init__.py``, itself or one level down: it would hide other people's packages."""
    place = Path(str(folder(name)))
    assert place.is_dir()
    inside = chain([place], (each for each in place.iterdir() if each.is_dir()))
    assert not [each for each in inside if (each / "__init__.py").exists()]
