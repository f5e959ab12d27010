"""What is shipped, and that it works for strangers: from a wheel, from an editable install, beside their own folders.

``scenarios``, ``fixtures`` and ``contract_tests`` are data, not packages. Each test here stands for a way in which the
other layouts that were tried have failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest

import mock_truv

ROOT = Path(__file__).parents[2]
DATA = ("scenarios", "fixtures", "contract_tests")

SEE_DATA = """
from mock_truv.resources import folder, read_files
import mock_truv
print(mock_truv.__file__)
print(folder("fixtures"))
print(*sorted(read_files("fixtures/people", ".json")))
print(*sorted(read_files("scenarios", ".toml")))
"""

STRANGERS_PROGRAM = """
import mock_truv


def link_of(bridge_token: str) -> str:
    with mock_truv.Sandbox() as sandbox:
        ending = sandbox.complete_bridge(bridge_token)
        sandbox.clock.advance(days=14)
        print(sandbox.base_url, sandbox.headers["X-Access-Client-Id"], sandbox.clock.now.isoformat())
        return str(ending["link_id"])


reveal_type(mock_truv.Sandbox().client_id)
"""


@dataclass(frozen=True)
class Installed:
    """An environment of its own in which mock-truv is installed, with the packages of this one behind it."""

    python: Path
    source: Path
    """Where its ``mock_truv`` is imported from."""

    def run(self, *arguments: str, cwd: Path) -> str:
        return run(str(self.python), *arguments, cwd=cwd)


def run(*command: str, cwd: Path, code: int = 0) -> str:
    """Run a command, without this run's Python settings; return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(command, check=False, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + (done.stderr if code else "")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that a test may add files to."""
    place = tmp_path_factory.mktemp("checkout") / "mock-truv"
    kept = ("mock_truv", *DATA, "pyproject.toml", "README.md", "LICENSE")
    place.mkdir()
    for name in kept:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the unpacked source distribution, without the package index."""
    place = tmp_path_factory.mktemp("dist")
    build(checkout, place, "build_sdist")
    (archive,) = place.glob("*.tar.gz")
    shutil.unpack_archive(archive, place, filter="data")
    build(place / archive.name.removesuffix(".tar.gz"), place, "build_wheel")
    (made,) = place.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with the wheel."""
    return install(wheel, tmp_path_factory.mktemp("from-wheel"))


@pytest.fixture(scope="module")
def editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with an editable install of the copied checkout."""
    place = tmp_path_factory.mktemp("editable")
    build(checkout, place, "build_editable")
    (made,) = place.glob("*.whl")
    return install(made, place, checkout)


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache, so that the packages behind both environments are checked once."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(params=["from_wheel", "editable"])
def installed(request: pytest.FixtureRequest) -> Installed:
    """Both ways to install."""
    environment: Installed = request.getfixturevalue(request.param)
    return environment


def build(source: Path, target: Path, hook: str) -> None:
    """Call a hook of the build backend, as pip does."""
    for name in ("hatchling", "editables"):
        pytest.importorskip(name, reason=f"{name} is not installed (it comes with the extra dev)")
    run(sys.executable, "-c", f"from hatchling.build import {hook}; {hook}({str(target)!r})", cwd=source)


def install(wheel: Path, place: Path, source: Path | None = None) -> Installed:
    """Unpack a wheel into a fresh environment; this environment's packages are found behind it."""
    home = place / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    base = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", vars=base))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    (packages / "zz-behind.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = Path(sysconfig.get_path("scripts", vars=base)) / Path(sys.executable).name
    if not python.exists():
        python = python.with_name("python")
    return Installed(python, source or packages)


def files_below(folder: Path) -> set[str]:
    """Return the files of a data folder that are to be shipped."""
    found = (each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts)
    return {each.relative_to(folder).as_posix() for each in found}


def test_data_folders_are_no_packages() -> None:
    """The data folders hold no ``__init__.py``: with one, ``fixtures`` would shadow somebody else's package."""
    assert [str(found) for name in DATA for found in (ROOT / name).rglob("__init__.py")] == []


def test_wheel_holds_nothing_at_top_level_but_the_package(wheel: Path) -> None:
    """Installing the wheel can overwrite nobody's files."""
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert top == {"mock_truv", f"mock_truv-{mock_truv.__version__}.dist-info"}


def test_wheel_holds_all_data_and_all_code(wheel: Path) -> None:
    """Every file of the data folders and of the package is in the wheel, and no others."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in DATA:
        inside = {
            it.removeprefix(f"mock_truv/_data/{name}/") for it in names if it.startswith(f"mock_truv/_data/{name}/")
        }
        assert inside == files_below(ROOT / name)
    code = {it.removeprefix("mock_truv/") for it in names if it.startswith("mock_truv/") and "/_data/" not in it}
    assert code == files_below(ROOT / "mock_truv")
    assert {"mock_truv/_data/fixtures/employers.json", "mock_truv/_data/fixtures/providers.json"} <= names
    assert any(it.startswith("mock_truv/_data/fixtures/people/") for it in names)
    assert any(it.startswith("mock_truv/_data/scenarios/") for it in names)
    assert "mock_truv/py.typed" in names


def test_wheel_names_command_plugin_and_licence(wheel: Path) -> None:
    """The wheel brings the command, the pytest plugin, the licence text, and depends on no test tool."""
    about = f"mock_truv-{mock_truv.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.read(f"{about}/entry_points.txt").decode().split("\n")
        metadata = Parser().parsestr(archive.read(f"{about}/METADATA").decode())
        assert f"{about}/licenses/LICENSE" in archive.namelist()
    assert "mock-truv = mock_truv.cli:main" in entries
    assert "mock_truv = mock_truv.pytest_plugin" in entries
    needed = [it for it in metadata.get_all("Requires-Dist", []) if "extra ==" not in it]
    assert not [it for it in needed if it.startswith(("pytest", "mypy", "ruff", "schemathesis"))]
    assert metadata["License-Expression"] == "Apache-2.0"


def test_data_is_found(installed: Installed, tmp_path: Path) -> None:
    """An installed mock-truv finds its people and scenarios, wherever it is started."""
    module, fixtures, people, scenarios = installed.run("-c", SEE_DATA, cwd=tmp_path).splitlines()
    assert Path(module).is_relative_to(installed.source)
    assert Path(fixtures).is_relative_to(installed.source)
    assert people.split() == sorted(each.stem for each in (ROOT / "fixtures" / "people").glob("*.json"))
    assert set(scenarios.split()) >= {each.stem for each in (ROOT / "scenarios").glob("*.toml")}


def test_data_is_found_in_a_checkout_that_is_not_installed(checkout: Path, tmp_path: Path) -> None:
    """A checkout finds its own folders without any installation."""
    program = f"import sys; sys.path.insert(0, {str(checkout)!r})\n{SEE_DATA}"
    assert run(sys.executable, "-I", "-S", "-c", program, cwd=tmp_path).splitlines()[1] == str(checkout / "fixtures")


def test_missing_data_is_named(checkout: Path, tmp_path: Path) -> None:
    """A package without its data says which folder is missing and where it was looked for."""
    shutil.copytree(checkout / "mock_truv", tmp_path / "mock_truv")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{SEE_DATA}"
    said = run(sys.executable, "-I", "-S", "-c", program, cwd=tmp_path, code=1)
    assert "FileNotFoundError: mock-truv's data folder 'fixtures' was found neither at" in said
    assert str(tmp_path / "fixtures") in said


def test_a_strangers_folders_stay_their_own(installed: Installed, tmp_path: Path) -> None:
    """A project with ``scenarios``, ``fixtures`` and ``contract_tests`` of its own imports its own, and we ours."""
    for name in DATA:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'the stranger: {name}'\n")
    program = "import scenarios, fixtures, contract_tests\n"
    program += "print(scenarios.OWNER, fixtures.OWNER, contract_tests.OWNER, sep=', ')\n"
    said = installed.run("-c", program + SEE_DATA, cwd=tmp_path).splitlines()
    assert said[0] == "the stranger: scenarios, the stranger: fixtures, the stranger: contract_tests"
    assert Path(said[2]).is_relative_to(installed.source)


def test_names_of_the_data_folders_are_free(installed: Installed, tmp_path: Path) -> None:
    """No module of ours has the name of a data folder; what an editable checkout offers yields to any real package."""
    program = "import importlib.util\n" + "".join(f"print(importlib.util.find_spec({name!r}))\n" for name in DATA)
    for spec in installed.run("-I", "-c", program, cwd=tmp_path).splitlines():
        assert "origin=" not in spec or str(installed.source) not in spec


def test_editable_install_sees_new_files_at_once(editable: Installed, tmp_path: Path) -> None:
    """A scenario and a module added to an editable checkout exist without another installation."""
    scenario, module = editable.source / "scenarios" / "brand-new.toml", editable.source / "mock_truv" / "brand_new.py"
    scenario.write_text("")
    module.write_text("WORD = 'new'\n")
    try:
        said = editable.run("-c", f"{SEE_DATA}\nfrom mock_truv.brand_new import WORD; print(WORD)", cwd=tmp_path)
    finally:
        scenario.unlink()
        module.unlink()
    assert "brand-new" in said.splitlines()[3].split()
    assert said.splitlines()[4] == "new"


def test_a_strangers_program_passes_mypy(installed: Installed, tmp_path: Path, mypy_cache: Path) -> None:
    """A strictly typed program that uses ``mock_truv.Sandbox`` is understood by mypy, with its types."""
    pytest.importorskip("mypy", reason="mypy is not installed (it comes with the extra dev)")
    (tmp_path / "stranger.py").write_text(STRANGERS_PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(mypy_cache), "--config-file", os.devnull]
    said = run(*command, "--python-executable", str(installed.python), "stranger.py", cwd=tmp_path)
    assert 'Revealed type is "str"' in said.replace("builtins.", "")


def test_package_and_plugin_import_nothing_heavy(installed: Installed, tmp_path: Path) -> None:
    """Every pytest run of an environment that has us loads the plugin: it brings two modules and nothing else."""
    program = "import sys, pytest; before = set(sys.modules)\nimport mock_truv, mock_truv.pytest_plugin\n"
    program += "print(*sorted(set(sys.modules) - before))"
    loaded = set(installed.run("-c", program, cwd=tmp_path).split())
    assert loaded == {"mock_truv", "mock_truv.pytest_plugin"}


def test_plugin_serves_a_strangers_tests(installed: Installed, tmp_path: Path) -> None:
    """A stranger's test gets its sandbox from the fixture alone, and a run without it loads no web stack."""
    (tmp_path / "test_with.py").write_text(
        "import urllib.request\n\n"
        "def test_it(mock_truv):\n"
        "    assert urllib.request.urlopen(mock_truv.base_url + '/_mock/health').status == 200\n"
    )
    (tmp_path / "test_without.py").write_text(
        "import sys\n\ndef test_it():\n    assert not {'starlette', 'uvicorn', 'httpx', 'msgspec'} & set(sys.modules)\n"
    )
    options = ["-p", "no:cacheprovider", "--disable-plugin-autoload", "-p", "mock_truv.pytest_plugin", "-q"]
    assert "1 passed" in installed.run("-m", "pytest", *options, "test_without.py", cwd=tmp_path)
    assert "1 passed" in installed.run("-m", "pytest", *options, "test_with.py", cwd=tmp_path)


@pytest.mark.index
@pytest.mark.usefixtures("package_index")
def test_wheel_installs_beside_the_package_called_fixtures(wheel: Path, tmp_path: Path) -> None:
    """The wheel lives beside PyPI's ``fixtures``: pip overwrites and removes nothing that belongs to the other."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = Path(sysconfig.get_path("scripts", vars={"base": str(home), "platbase": str(home)}))
    python = str(scripts / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "-q"]
    whole = [python, "-c", "import fixtures; print(fixtures.TempDir)"]
    run(*pip, "install", "fixtures", cwd=tmp_path)
    run(*pip, "install", "--no-deps", str(wheel), cwd=tmp_path)
    run(*whole, cwd=tmp_path)
    data = run(python, "-c", SEE_DATA, cwd=tmp_path).splitlines()[1]
    assert Path(data).is_relative_to(home)
    run(*pip, "uninstall", "-y", "mock-truv", cwd=tmp_path)
    run(*whole, cwd=tmp_path)
    assert not Path(data).exists()
