"""The ``mock-truv`` command as its users meet it: a process with arguments, streams, signals and an exit code."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import mock_truv
from mock_truv.delivery.signing import verify
from tests.servers import SECONDS, Serving, serving

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("demo", "serve", "replay")
ORDER = {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "employers": [{"company_name": "Larkspur"}]}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mock_truv", *arguments],
        capture_output=True, text=True, timeout=SECONDS, check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )  # fmt: skip


def test_version() -> None:
    """``--version`` prints name and version, the same by module and by console script."""
    printed = run("--version")
    assert (printed.returncode, printed.stdout.strip()) == (0, f"mock-truv {mock_truv.__version__}")
    script = shutil.which("mock-truv")
    if script is not None:
        again = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=SECONDS, check=True)
        assert again.stdout == printed.stdout


def test_help_lists_every_command() -> None:
    """``--help``, and no argument at all, list the commands and say that this is unofficial."""
    for arguments in (["--help"], []):
        shown = run(*arguments)
        text = shown.stdout + shown.stderr
        assert all(command in text for command in COMMANDS)
        assert "nofficial" in text
        assert "Traceback" not in text
    assert run("--help").returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_examples(command: str) -> None:
    """Every command's ``--help`` shows at least one example that can be typed as it stands."""
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert re.search(r"(?m)^\s*Examples?:", shown.stdout)
    assert f"mock-truv {command}" in shown.stdout.split("Example", 1)[1]


def wrong_usages(folder: Path, busy: int) -> dict[str, tuple[list[str], str]]:
    """Return {name: (arguments, what the sentence must mention)}."""
    missing = str(folder / "missing" / "file.json")
    text = folder / "text.txt"
    text.write_text("this is no journal\n")
    return {
        "clock": (["serve", "--clock", "sometimes"], "rate:60"),
        "rate 0": (["serve", "--clock", "rate:0"], "rate:60"),
        "open host": (["serve", "--host", "0.0.0.0"], "--control-token"),
        "unknown host": (["serve", "--host", "no.such.host.invalid", "--control-token", "t"], "--host"),
        "production secret": (["serve", "--secret", "prod-" + "0" * 40], "production"),
        "secret without prefix": (["serve", "--secret", "geheim"], "sandbox-"),
        "busy port": (["serve", "--port", str(busy)], "--port"),
        "ready file": (["serve", "--port", "0", "--ready-file", missing], "--ready-file"),
        "journal folder": (["serve", "--port", "0", "--journal", missing], "--journal"),
        "journal text": (["serve", "--port", "0", "--journal", str(text)], "line 1"),
        "certificate alone": (["serve", "--tls-cert", str(text)], "--tls-key"),
        "certificate missing": (["serve", "--tls-cert", missing, "--tls-key", missing], "--tls-cert"),
        "replay of nothing": (["replay", missing], missing),
        "replay of text": (["replay", str(text)], "line 1"),
    }


USAGES = (
    "clock", "rate 0", "open host", "unknown host", "production secret", "secret without prefix", "busy port",
    "ready file", "journal folder", "journal text", "certificate alone", "certificate missing", "replay of nothing",
    "replay of text",
)  # fmt: skip


@pytest.mark.parametrize("name", USAGES)
def test_wrong_usage_is_one_sentence(tmp_path: Path, name: str) -> None:
    """What cannot work ends with exit code 2 and one line on stderr that says what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments, mention = wrong_usages(tmp_path, taken.getsockname()[1])[name]
        ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("mock-truv: ")
    assert mention in line
    assert "0" * 40 not in line
    assert "geheim" not in line


@pytest.mark.parametrize("arguments", [
    ["serve", "--nonsense"], ["nonsense"], ["serve", "--port", "70000"], ["serve", "--port", "x"], ["replay"],
    ["serve", "--seed", "-1"], ["serve", "--clock"],
], ids=" ".join)  # fmt: skip
def test_wrong_flags_end_with_2(arguments: list[str]) -> None:
    """A wrong flag, command or value ends with exit code 2, names it on stderr, and shows no traceback."""
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Error" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_production_secret_in_the_environment_is_refused() -> None:
    """The secret from the environment is judged as the option is."""
    ended = run("serve", "--port", "0", MOCK_TRUV_SECRET="prod-" + "0" * 40)
    assert ended.returncode == 2
    assert "production" in ended.stderr


def test_ready_file_means_that_it_answers(tmp_path: Path) -> None:
    """From the very moment at which the ready file exists it is whole, and the server answers at its address."""
    ready_file = tmp_path / "ready.json"
    with subprocess.Popen(
        [sys.executable, "-m", "mock_truv", "serve", "--port", "0", "--ready-file", str(ready_file)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            while not ready_file.exists():
                assert process.poll() is None
            ready = json.loads(ready_file.read_text())
            assert list(ready) == ["base_url", "client_id", "secret", "pid"]
            assert ready["pid"] == process.pid
            assert not ready["base_url"].endswith(("/v1", "/"))
            health = Serving(process, ready).call("GET", "/_mock/health")  # type: ignore[arg-type]
            assert health == {"status": "ok", "version": mock_truv.__version__}
            assert [each.name for each in tmp_path.iterdir()] == ["ready.json"]
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it with exit code 0 within five seconds, also with a connection held open, in silence."""
    with serving(tmp_path) as server:
        held = http.client.HTTPConnection(server.address, timeout=SECONDS)
        held.request("GET", "/_mock/health")
        held.getresponse().read()
        assert server.stop(number) == 0
        held.close()
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""


def test_announcement_has_all_that_a_person_needs(tmp_path: Path) -> None:
    """What is printed names address, client id, secret and clock."""
    with subprocess.Popen(
        [sys.executable, "-m", "mock_truv", "serve", "--port", "0", "--clock", "manual", "--seed", "7"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        process.terminate()
        process.communicate(timeout=SECONDS)
    text = "".join(lines)
    assert re.search(r"http://127\.0\.0\.1:\d+/v1/", text)
    for part in ("sandbox-", "client id", "manual", "seed 7", "nofficial"):
        assert part in text


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two processes with one seed answer the same requests with the same objects; another seed gives other ids."""
    seen = []
    for seed in ("1", "1", "2"):
        with serving(tmp_path, "--clock", "manual", "--seed", seed) as server:
            order = server.call("POST", "/v1/orders/", ORDER, 201)
            order = {key: order[key] for key in order if not key.endswith("share_url")}
            seen.append((server.ready["client_id"], server.ready["secret"], order))
    assert seen[0] == seen[1]
    assert seen[0][2]["id"] != seen[2][2]["id"]


def test_webhook_url_is_registered(tmp_path: Path) -> None:
    """``--webhook-url`` is a registered webhook from the start."""
    with serving(tmp_path, "--webhook-url", "http://127.0.0.1:9/hooks") as server:
        (hook,) = server.call("GET", "/v1/webhooks/")["results"]
        assert (hook["webhook_url"], hook["env_type"], hook["enabled"]) == ("http://127.0.0.1:9/hooks", "sandbox", True)


def test_control_token_guards_the_control_api(tmp_path: Path) -> None:
    """With ``--control-token`` the control API needs it, on any host; Truv's own API does not."""
    with serving(tmp_path, "--control-token", "t0ken") as server:
        assert server.call("GET", "/_mock/clock", status=403)["error"]["code"]
        server.call("GET", "/v1/orders/")
        connection = http.client.HTTPConnection(server.address, timeout=SECONDS)
        connection.request("GET", "/_mock/clock", headers={
            "X-Access-Client-Id": server.ready["client_id"], "X-Access-Secret": server.ready["secret"],
            "Authorization": "Bearer t0ken",
        })  # fmt: skip
        assert connection.getresponse().status == 200
        connection.close()


def tell_a_story(server: Serving) -> str:
    """Connect an order and return its id."""
    order = server.call("POST", "/v1/orders/", ORDER, 201)
    login = {"username": "goodlogin", "password": "goodpassword"}
    server.call("POST", f"/_mock/bridge/{order['bridge_token']}/complete", login)
    server.call("POST", "/_mock/settle")
    return str(order["id"])


def everything(server: Serving) -> Any:
    """Return all that the API shows, without our own address."""
    paths = (
        "/v1/orders/", "/v1/links/", "/v1/users/", "/v1/tasks/", "/_mock/clock", "/_mock/billing/",
        "/_mock/connections/",
    )  # fmt: skip
    shown = {path: server.call("GET", path) for path in paths}
    return json.loads(json.dumps(shown).replace(server.ready["base_url"], ""))


@pytest.mark.parametrize("ending", ["stopped", "killed", "torn line"])
def test_journal_outlives_the_process(tmp_path: Path, ending: str) -> None:
    """A restart with the same journal shows the same objects and goes on with them, also after a crash."""
    journal = tmp_path / "journal.jsonl"
    arguments = ("--clock", "manual", "--journal", str(journal))
    with serving(tmp_path, *arguments) as server:
        order_id = tell_a_story(server)
        before = everything(server)
        assert server.stop(signal.SIGTERM if ending == "stopped" else signal.SIGKILL) in {0, -signal.SIGKILL}
    if ending == "torn line":
        with journal.open("ab") as file:
            file.write(b'{"type":"entry","sandbox":"default","se')
    with serving(tmp_path, *arguments) as server:
        assert everything(server) == before
        refreshed = server.call("POST", f"/v1/orders/{order_id}/", {"products": ["income"]}, 201)
        server.call("POST", "/_mock/settle")
        assert server.call("GET", f"/v1/orders/{refreshed['id']}/")["status"] == "completed"
        server.stop()
    assert run("replay", str(journal)).returncode == 0


def test_sandboxes_outlive_the_process(tmp_path: Path) -> None:
    """A sandbox opened over the control API is there again after a restart, with the same keys."""
    arguments = ("--clock", "manual", "--journal", str(tmp_path / "journal.jsonl"))
    with serving(tmp_path, *arguments) as server:
        keys = server.call("POST", "/_mock/sandboxes/", {"name": "team-b"})
        server.ready |= {"client_id": keys["client_id"], "secret": keys["secret"]}
        tell_a_story(server)
        before = everything(server)
        server.stop()
    with serving(tmp_path, *arguments) as server:
        server.ready |= {"client_id": keys["client_id"], "secret": keys["secret"]}
        assert everything(server) == before


def test_foreign_journal_is_refused(tmp_path: Path) -> None:
    """A journal with an altered line is not gone on with: exit 2, one sentence that names the entry."""
    journal = tmp_path / "journal.jsonl"
    with serving(tmp_path, "--clock", "manual", "--journal", str(journal)) as server:
        tell_a_story(server)
        server.stop()
    alter(journal)
    ended = run("serve", "--port", "0", "--clock", "manual", "--journal", str(journal))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "entry 1 " in line


def alter(journal: Path) -> None:
    """Change a name in the first entry of a journal."""
    lines = journal.read_text().splitlines(keepends=True)
    changed = [at for at, line in enumerate(lines) if "Quill" in line]
    lines[changed[0]] = lines[changed[0]].replace("Quill", "Quell")
    journal.write_text("".join(lines))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a short story with a webhook to a port where nobody listens."""
    folder = tmp_path_factory.mktemp("journal")
    journal = folder / "journal.jsonl"
    arguments = ("--clock", "manual", "--journal", str(journal), "--webhook-url", "http://127.0.0.1:9/")
    with serving(folder, *arguments) as server:
        tell_a_story(server)
        server.stop()
    return journal


def test_replay_prints_the_digest(written: Path) -> None:
    """A replay ends with 0 and prints the same digest each time; ``--until`` stops earlier at another one."""
    first, second = run("replay", str(written)), run("replay", str(written), "--sandbox", "default")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert re.fullmatch(r"default: \d+ entries, \d+ steps, digest [0-9a-f]{64}\n", first.stdout)
    part = run("replay", str(written), "--until", "2")
    assert part.stdout.startswith("default: 2 entries")
    assert part.stdout.split()[-1] != first.stdout.split()[-1]


def test_replay_reproduces_signatures(written: Path) -> None:
    """With ``--secret`` a replay prints every webhook that was sent with a signature that holds."""
    printed = run("replay", str(written), "--secret", "sandbox-abc").stdout.splitlines()[:-1]
    assert len(printed) >= 12
    for line in printed:
        webhook_id, word, attempt, signature, body = line.split(" ", 4)
        assert (word, attempt.isdigit(), json.loads(body)["webhook_id"]) == ("attempt", True, webhook_id)
        assert verify(body.encode(), "sandbox-abc", signature)


def test_replay_names_an_altered_entry(written: Path, tmp_path: Path) -> None:
    """A replay of an altered journal ends with 1 and names the first entry that does not fit."""
    copy = tmp_path / "copy.jsonl"
    shutil.copy(written, copy)
    alter(copy)
    ended = run("replay", str(copy))
    assert ended.returncode == 1
    entry = next(json.loads(line) for line in copy.read_text().splitlines() if "Quell" in line)
    assert f"entry {entry['seq']} of sandbox 'default'" in ended.stderr


@pytest.mark.parametrize("damage", ["missing", "twice", "swapped"])
def test_replay_notices_lines_out_of_place(written: Path, tmp_path: Path, damage: str) -> None:
    """A line that is missing, doubled or swapped makes the replay end with 1 and name the place."""
    lines = written.read_text().splitlines(keepends=True)
    if damage == "missing":
        del lines[3]
    elif damage == "twice":
        lines.insert(3, lines[3])
    else:
        lines[3], lines[4] = lines[4], lines[3]
    copy = tmp_path / "copy.jsonl"
    copy.write_text("".join(lines))
    ended = run("replay", str(copy))
    assert ended.returncode == 1
    assert re.search(r"entry \d+ of sandbox 'default'", ended.stderr)


def test_demo_ends_by_itself() -> None:
    """``demo`` tells its story without arguments and ends with 0."""
    told = run("demo")
    assert (told.returncode, told.stderr) == (0, "")
    for word in ("done", "login_error", "unavailable"):
        assert word in told.stdout
