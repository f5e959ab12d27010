"""The command: exit codes, texts, JSON, the question before it writes, and that no secret is ever shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mock_truv.cli import app
from mock_truv.drift.client import UrlError, checked_url
from mock_truv.http.build import build_app
from mock_truv.openapi.document import document_bytes
from mock_truv.server import Server
from tests.conftest import Api
from tests.drift.second_mock import Altering, Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

    from mock_truv import Sandbox


def run(*arguments: str, **environment: str) -> Result:
    unset: dict[str, str | None] = {"TRUV_CLIENT_ID": None, "TRUV_SECRET": None}
    return CliRunner().invoke(app, ["drift", *arguments], env={**unset, **environment})


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Our own description with two differences in it: a key less, and an operation more."""
    document = json.loads(document_bytes())
    del document["components"]["schemas"]["Webhook"]["properties"]["enabled"]
    document["paths"]["/v1/things/"] = {"get": {"responses": {"200": {"description": ""}}}}
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(document))
    return path


def test_our_own_description_is_clean(tmp_path: Path) -> None:
    """Against what `mock-truv openapi` prints nothing differs: exit 0."""
    path = tmp_path / "ours.json"
    path.write_bytes(document_bytes())
    result = run("--openapi", str(path))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Nothing differs. ")


def test_differences_are_lines_with_counts(theirs: Path, tmp_path: Path) -> None:
    """Each difference is one line, they are counted by kind, and the exit code is 1."""
    result = run("--openapi", str(theirs))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "missing here: GET /v1/things/  operation: here nothing, there an operation"
    assert (
        "not in theirs: GET /v1/webhooks/  200 results[].enabled  field: here boolean, there nothing" in result.stdout
    )
    assert "(here documented: " in result.stdout
    assert lines[-1].startswith("5 differences: 1 missing here, 4 not in theirs. ")
    out = tmp_path / "report.txt"
    assert run("--openapi", str(theirs), "--output", str(out)).stdout == ""
    assert out.read_text() == result.stdout


def test_the_report_for_machines(theirs: Path) -> None:
    """JSON has the same differences, the counts, and what is ours about them."""
    shown = json.loads(run("--openapi", str(theirs), "--json").stdout)
    assert shown["counts"] == {"missing here": 1, "not in theirs": 4, "differs": 0}
    assert shown["clean"] is False
    assert shown["differences"][0] == {
        "kind": "missing here", "aspect": "operation", "operation": "GET /v1/things/", "place": "", "here": None,
        "there": "an operation", "basis": None, "source": None,
    }  # fmt: skip
    assert {each["place"] for each in shown["differences"][1:]} >= {"200 enabled", "200 results[].enabled"}


def test_known_differences_are_ignored_and_unused_entries_are_not(theirs: Path, tmp_path: Path) -> None:
    """With all of them in the ignore file the exit code is 0; one entry too many makes it 1 again, and is named."""
    ignore = tmp_path / "drift.toml"
    good = '[[ignore]]\nplace = "*enabled"\nreason = "newer docs"\n'
    good += '[[ignore]]\noperation = "GET /v1/things/"\nreason = "x"\n'
    ignore.write_text(good)
    result = run("--openapi", str(theirs), "--ignore", str(ignore))
    assert (result.exit_code, result.stdout.partition(".")[0]) == (0, "Nothing differs; 5 ignored")
    shown = json.loads(run("--openapi", str(theirs), "--ignore", str(ignore), "--json").stdout)
    assert [it["reason"] for it in shown["ignored"]] == ["x", *["newer docs"] * 4]
    ignore.write_text(good + '[[ignore]]\nplace = "200 nowhere"\nreason = "old"\n')
    result = run("--openapi", str(theirs), "--ignore", str(ignore))
    assert result.exit_code == 1
    assert "unused: the ignore file's entry (200 nowhere) matches nothing; take it out" in result.stdout


WRONG: dict[str, tuple[list[str], dict[str, str], str]] = {
    "neither": ([], {}, "give one of"),
    "both": (["--openapi", "a", "--live", "https://a"], {}, "give one of"),
    "yes without live": (["--openapi", "a", "--yes"], {}, "go with --live"),
    "no file": (["--openapi", "/nowhere.json"], {}, "No such file"),
    "no ignore file": (["--openapi", "/nowhere.json", "--ignore", "/nowhere.toml"], {}, "--ignore /nowhere.toml"),
    "no folder": (["--openapi", "a", "--output", "/nowhere/at/all"], {}, "does not exist"),
    "no keys": (["--live", "https://a.invalid"], {}, "set TRUV_CLIENT_ID and TRUV_SECRET"),
    "production": (
        ["--live", "https://a.invalid", "--yes"],
        {"TRUV_CLIENT_ID": "c", "TRUV_SECRET": "prod-0123"},
        "is a production secret; mock-truv never takes one",
    ),
    "no sandbox": (["--live", "https://a.invalid"], {"TRUV_CLIENT_ID": "c", "TRUV_SECRET": "dev-0123"}, "no sandbox"),
    "in the open": (["--live", "http://a.invalid"], {"TRUV_CLIENT_ID": "c", "TRUV_SECRET": "sandbox-1"}, "use https"),
}


@pytest.mark.parametrize(("arguments", "environment", "said"), WRONG.values(), ids=WRONG)
def test_wrong_usage(arguments: list[str], environment: dict[str, str], said: str) -> None:
    """One sentence that says what is wrong, exit 2, nothing on the standard output, and no secret."""
    result = run(*arguments, **environment)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert "0123" not in result.output


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://prod.truv.com/v1/", "https://prod.truv.com"),
        ("https://prod.truv.com", "https://prod.truv.com"),
        ("http://127.0.0.1:8700/v1", "http://127.0.0.1:8700"),
        ("http://localhost:8700/proxy/v1/", "http://localhost:8700/proxy"),
        ("http://prod.truv.com/v1/", None),
        ("https://me:secret@prod.truv.com/v1/", None),
        ("https://prod.truv.com/v1/?key=1", None),
        ("https://[/v1", None),
        ("ftp://prod.truv.com", None),
        ("prod.truv.com", None),
    ],
)
def test_addresses(url: str, expected: str | None) -> None:
    """An address may end in /v1 or not; one over which keys would be seen, or that holds some, is refused."""
    if expected is not None:
        assert checked_url(url) == expected
        return
    with pytest.raises(UrlError):
        checked_url(url)


def test_the_page_names_every_option_and_no_other() -> None:
    """Options in docs/drift.md are those of the command."""
    text = (Path(__file__).parents[2] / "docs" / "drift.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"--[a-z][a-z-]+", text.replace("--- ", "")))
    command = typer.main.get_command(app).commands["drift"]  # type: ignore[attr-defined]
    assert shown == {option for parameter in command.params for option in parameter.opts} - {"--help"}


# ---- live


class Target:
    """A server that can be altered, and a sandbox with a completed order."""

    def __init__(self, altering: Altering, sandbox: Sandbox, api: Api) -> None:
        self.altering, self.sandbox = altering, sandbox
        api.connected()

    @property
    def environment(self) -> dict[str, str]:
        return {"TRUV_CLIENT_ID": self.sandbox.client_id, "TRUV_SECRET": self.sandbox.secret}


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with pytest.MonkeyPatch.context() as patch, httpx.Client() as http:
        patch.setattr("mock_truv.server.build_app", lambda hub: Altering(build_app(hub)))
        with Server(seed=8) as server:
            assert isinstance(server.app, Altering)
            sandbox = server.sandbox("target")
            yield Target(server.app, sandbox, Api(http, sandbox))


def test_without_a_terminal_it_only_reads(target: Target) -> None:
    """Where nobody can be asked nothing is written, and that is said; nothing differs: exit 0."""
    target.altering.plan()
    result = run("--live", f"{target.sandbox.base_url}/v1/", **target.environment)
    assert result.exit_code == 0, result.output
    assert "no terminal to ask at" in result.stderr
    assert target.altering.seen
    assert target.altering.writes == []


def test_yes_writes_and_a_refresh_only_if_asked_for(target: Target) -> None:
    """With --yes it writes without asking; it refreshes only with --with-refresh."""

    def refreshes() -> list[Any]:
        return [it for it in target.sandbox.billing if it["task_id"]]

    before = refreshes()
    target.altering.plan()
    assert run("--live", target.sandbox.base_url, "--yes", **target.environment).exit_code == 0
    assert ("POST", "/v1/users/") in target.altering.writes
    assert refreshes() == before
    assert run("--live", target.sandbox.base_url, "--yes", "--with-refresh", **target.environment).exit_code == 0
    assert len(refreshes()) == len(before) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "writes"), [("\n", False), ("y\n", True)])
def test_it_asks_before_it_writes(target: Target, answer: str, writes: bool) -> None:
    """At a terminal it asks; anything but yes writes nothing and still reads."""
    import pty

    target.altering.plan()
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        done = subprocess.run(
            [sys.executable, "-m", "mock_truv", "drift", "--live", target.sandbox.base_url],
            env=os.environ | target.environment, stdin=theirs, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Shall it write? [y/N]" in done.stderr
    assert bool(target.altering.writes) == writes
    assert target.altering.seen


PERSONAL = {"first_name", "last_name", "full_name", "email", "phone", "ssn", "date_of_birth", "street", "city", "zip",
            "account_number", "home_address"}  # fmt: skip
MARK = "Zaphodia"


def poisoned(value: Any, secret: str) -> Any:
    """Put the secret wherever a text is, and as a key; put a mark into what tells something about a person."""
    if isinstance(value, list):
        return [poisoned(each, secret) for each in value]
    if isinstance(value, dict):
        changed = {key: MARK if key in PERSONAL else poisoned(each, secret) for key, each in value.items()}
        return {**changed, secret: secret, f"x {MARK}": MARK}
    return secret if isinstance(value, str) and len(value) < 30 else value


@settings(max_examples=4, deadline=None)
@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40).map(
        "sandbox-{}".format
    ),
    as_json=st.booleans(),
    status=st.sampled_from([None, 500]),
)
def test_no_secret_is_shown(target: Target, secret: str, as_json: bool, status: int | None) -> None:
    """Whatever the service sends back, secrets and what is personal among it: none of it is in the output."""

    def alter(answer: Given, before: int) -> Given:
        if not answer.body:
            return answer
        body = json.dumps(poisoned(json.loads(answer.body), secret)).encode()
        kind = {b"content-type": f"text/{secret}".encode()} if before % 3 == 0 else {}
        return answer.but(
            body=body, headers=answer.headers | kind, status=status if before % 5 == 4 and status else answer.status
        )

    target.altering.plan(alter, keys={"X-Access-Secret": target.sandbox.secret})
    arguments = ["--live", target.sandbox.base_url, "--yes", *(["--json"] if as_json else [])]
    result = run(*arguments, **(target.environment | {"TRUV_SECRET": secret}))
    assert result.exit_code == 1
    assert len(target.altering.seen) > 20
    assert secret not in result.output
    assert json.dumps(secret)[1:-1] not in result.output
    assert MARK not in result.output
