"""The README is run: its walk with curl line by line, its pytest example, its tables."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mock_truv.manual import filled

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_walk_with_curl_works_line_by_line(tmp_path: Path) -> None:
    """Every command of the walk succeeds, and prints what the text around it says."""
    for tool in ("bash", "curl", "openssl"):
        if shutil.which(tool) is None:
            pytest.skip(f"the walk needs {tool}")
    walk = README.split("<!-- walk -->")[1].split("<!-- end walk -->")[0]
    script = "set -eu -o pipefail\n" + "\n".join(f"echo '#{n}'\n{it}" for n, it in enumerate(blocks(walk, "sh")))
    script = script.replace("8700", str(port := free_port())).replace("9000", str(free_port()))
    script = script.replace("mock-truv serve", f"mock-truv serve --port {port}")
    script = script.replace("examples/", f"{ROOT}/examples/").replace("python3 ", f"{sys.executable} ")
    commands = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "NO_PROXY": "*"}
    # the walk starts two programs in the background: they end with its process group
    with (tmp_path / "out").open("w") as out:
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=tmp_path, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            code = shell.wait(timeout=90)
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
    printed = (tmp_path / "out").read_text()
    assert code == 0, printed
    parts = printed.split("\n#")
    signatures = re.findall(r"^v1=[0-9a-f]{64}$", printed, re.MULTILINE)
    assert len(signatures) == 2
    assert signatures[0] == signatures[1]
    assert re.search(r"^2026-01-\d\d$", printed, re.MULTILINE), "the refreshed report's newest pay date"
    assert parts[-1].rstrip().splitlines()[-1] == "login_error"
    for line in ("order-created pending", "task-status-updated done", "order-status-updated completed",
                 "link-disconnected", "order-refresh-failed login_error"):  # fmt: skip
        assert line in printed


def test_the_pytest_example_passes(tmp_path: Path) -> None:
    """The README's test file passes in a stranger's folder, with nothing but the installed package."""
    (tmp_path / "test_example.py").write_text(blocks(README.split("<!-- pytest -->")[1], "python")[0])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout


@pytest.mark.parametrize(
    "page", sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_tables_are_as_the_registries_have_them(page: str) -> None:
    """A page's tables are what ``python -m mock_truv.manual`` prints now."""
    text = (ROOT / page).read_text()
    assert filled(text) == text, f"run: python -m mock_truv.manual {page}"


def test_every_control_route_stands_in_the_readme() -> None:
    """The control table of the README names every route that is served."""
    from mock_truv.control.routes import Control
    from mock_truv.runtime.hub import Hub

    routes = Control(Hub(), token=None, allowed_hosts=frozenset()).routes()
    for route in routes:
        path = re.sub(r"\{\w+\}", "", route.path).rstrip("/")
        assert path in re.sub(r"\{\w+\}", "", README), f"{route.path} is not in the README"


def test_every_command_stands_in_the_readme() -> None:
    """Each command of the command line is shown in the README."""
    from mock_truv.cli import app

    for command in app.registered_commands:
        assert command.callback is not None
        assert f"mock-truv {command.callback.__name__}" in README
