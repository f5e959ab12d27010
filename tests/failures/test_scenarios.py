"""Scenario files: their form, their errors, the ways to put one into force, and what each shipped one leads to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from mock_truv.core.faults import Fault
from mock_truv.core.scenario import (
    ConnectionRule,
    DriverRule,
    FaultRule,
    PersonRule,
    ProviderRule,
    Scenario,
)
from mock_truv.scenarios import ScenarioError, load_scenario, parse_scenario, scenario_text, shipped
from mock_truv.schema import scenario_schema
from tests.test_plugin import run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv import Sandbox
    from tests.conftest import Api, Receiver

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scenarios").glob("*.toml"))
SCHEMA = json.loads((ROOT / "docs" / "scenario.schema.json").read_text())
FITS = jsonschema.Draft202012Validator(SCHEMA)
PROMISED = [
    "happy-path", "session-expired", "mfa-required", "credentials-changed", "provider-unavailable",
    "oauth-expiry-180d", "refresh-limit-24h", "account-locked", "no-data", "config-error", "partial-multi-employer",
    "slow-provider", "webhook-duplicate", "webhook-out-of-order", "webhook-lost", "webhook-late", "webhook-forged",
    "api-5xx", "api-timeout-after-commit", "rate-limited-429", "annual-recertification", "periodic-review",
    "bulk-renewals",
]  # fmt: skip
HEAD = 'title = "A title"\nwhy = "A reason"\nexpect = "A deed"\n'
INCOME = {"products": ["income"]}
LIMIT = "Refresh limit for the access_token exceeded"


# --- form -----------------------------------------------------------------------------------------------------------


def test_promised_names_exist() -> None:
    """Every scenario that the design promises by name is shipped, and every file is one."""
    assert set(PROMISED) <= set(shipped())
    assert [each.stem for each in FILES] == list(shipped())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_right(path: Path) -> None:
    """The file loads, names what a sound client does and its clauses, fits the schema, and is its own round trip."""
    scenario = load_scenario(str(path))
    assert scenario == shipped()[path.stem]
    assert scenario.name == path.stem
    assert scenario.clauses
    assert re.fullmatch(r"[A-Z0-9].*[^.]", scenario.title)
    assert scenario.why.endswith(".")
    assert scenario.expect.endswith(".")
    FITS.validate(tomllib.loads(path.read_text()))
    text = scenario_text(scenario)
    assert parse_scenario(text, scenario.name, "again.toml") == scenario
    FITS.validate(tomllib.loads(text))


def test_schema_file_is_up_to_date() -> None:
    """The schema in the manual is what the code says, and is itself a JSON Schema."""
    assert json.loads(json.dumps(scenario_schema())) == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


FULL = (
    HEAD
    + """clauses = ["RF-1"]
seed = 7
zone = "Australia/Lord_Howe"
lasts = "12d"
[profile]
refresh_limit = 5
[[connection]]
nth = [1, 3]
provider = "paycastle"
kind = "credentials"
second_factor = "new_session"
session_ends_after = "1d12h"
password_changes_after = "2d"
locked_after = "3d"
locked_for = "4h"
organisation_wrong_after = "5d"
records_gone_after = "6d"
broken_after = "7d"
broken_for = "8m"
broken_as = "unable_to_reset"
deleted_after = "9d"
[[provider]]
id = "harborpay"
down_from = "1.5h"
down_for = "90s"
task_seconds = 30
second_factor = "always"
[[person]]
count = 3
login = "goodlogin"
logins = ["goodlogin", "fulltime"]
provider = "harborpay"
providers = ["paycastle", "harborpay"]
employers = 3
product = "employment"
order_number = "A-1"
household = false
same_name = true
connected_ago = "10d"
spread = "5d"
password_changed = 0.5
locked = 0.25
due_on = "2026-01-31"
[[driver]]
do = "crash"
after = "1d"
every = "2d"
times = 3
case = 2
cases = 5
cycle = "2026-01"
at = "committed"
nth = 2
method = "POST"
path = "/v1/orders/*/"
lasting = "10m"
together = 4
[[fault]]
kind = "status"
status = 503
body = "html"
retry_after = "soon"
commit = true
method = "POST"
path = "/v1/orders/*/"
nth = [2]
times = 4
probability = 0.5
after = "1d"
lasting = "250ms"
[[fault]]
kind = "reorder"
order = [3, 1, 2]
"""
)


def test_every_key_survives_the_round_trip() -> None:
    """A scenario with every key of every table is its own round trip, and fits the schema."""
    scenario = parse_scenario(FULL, "full", "full.toml")
    assert parse_scenario(scenario_text(scenario), "full", "full.toml") == scenario
    FITS.validate(tomllib.loads(FULL))
    tables = tomllib.loads(FULL)
    rules: dict[str, type[msgspec.Struct]] = {
        "connection": ConnectionRule, "provider": ProviderRule, "person": PersonRule, "driver": DriverRule,
    }  # fmt: skip
    for table, rule in rules.items():
        assert set(tables[table][0]) == set(rule.__struct_fields__), table
    assert set(tables) == set(Scenario.__struct_fields__) - {"name"}
    assert {"after", "lasting"} == set(FaultRule.__struct_fields__) - {"fault"}


def test_every_kind_of_fault_can_stand_in_a_scenario() -> None:
    """Each kind of fault, with what it needs alone, is accepted by parser and schema and survives the round trip."""
    from typing import get_args

    needed = {"status": "status = 500\n", "delay": "seconds = 1\n", "forge": 'forgery = "empty"\n',
              "strange": 'what = "field"\n'}  # fmt: skip
    for each in get_args(Fault):
        kind = str(each.__struct_config__.tag)
        text = f'{HEAD}[[fault]]\nkind = "{kind}"\n{needed.get(kind, "")}after = "1d"\n'
        scenario = parse_scenario(text, "one", "one.toml")
        assert isinstance(scenario.fault[0].fault, each)
        assert parse_scenario(scenario_text(scenario), "one", "one.toml") == scenario
        FITS.validate(tomllib.loads(text))


WRONG: dict[str, tuple[str, int, str]] = {
    "missing title": ('why = "w"\nexpect = "e"\n', 1, "title"),
    "name given": ('name = "n"\n' + HEAD, 1, "name"),
    "unknown key": (HEAD + 'colour = "red"\n', 4, "colour"),
    "unknown table": (HEAD + "[[conection]]\n", 4, "conection"),
    "unknown single table": (HEAD + "[knobs]\nrefresh_limit = 3\n", 4, "knobs"),
    "unknown key in a table": (HEAD + '[[connection]]\nlocked_after = "1d"\nloked_for = "1d"\n', 6, "loked_for"),
    "second table": (
        HEAD + '[[connection]]\nlocked_after = "1d"\n\n[[connection]]\nlocked_after = "soon"\n',
        8,
        "locked_after",
    ),
    "wrong unit": (HEAD + '[[connection]]\nsession_ends_after = "3 weeks"\n', 5, "session_ends_after"),
    "bare number": (HEAD + "[[connection]]\nsession_ends_after = 3\n", 5, "session_ends_after"),
    "wrong choice": (HEAD + '[[connection]]\nkind = "magic"\n', 5, "kind"),
    "ordinal zero": (HEAD + "[[connection]]\nnth = [0]\n", 5, "nth"),
    "fault without kind": (HEAD + "[[fault]]\nseconds = 1\n", 4, "kind"),
    "first of two without kind": (HEAD + '[[fault]]\nseconds = 1\n[[fault]]\nkind = "lose"\n', 4, "kind"),
    "second of two without kind": (HEAD + '[[fault]]\nkind = "lose"\n\n[[fault]]\ntimes = 1\n', 7, "kind"),
    "unknown kind": (HEAD + '[[fault]]\nkind = "gremlin"\n', 5, "kind"),
    "field of another kind": (HEAD + '[[fault]]\nkind = "lose"\nseconds = 5\n', 6, "seconds"),
    "status of a fault": (HEAD + '[[fault]]\nkind = "status"\nstatus = 200\n', 6, "status"),
    "after of a fault": (HEAD + '[[fault]]\nkind = "lose"\nafter = "later"\n', 6, "after"),
    "unknown knob": (HEAD + "[profile]\nrefresh_limits = 3\n", 5, "refresh_limits"),
    "wrong knob": (HEAD + '[profile]\nrefresh_limit = "many"\n', 5, "refresh_limit"),
    "share above one": (HEAD + "[[person]]\npassword_changed = 1.5\n", 5, "password_changed"),
    "too many people": (HEAD + "[[person]]\ncount = 1000000\n", 5, "count"),
    "clause": (HEAD + 'clauses = ["X-1"]\n', 4, "clauses"),
    "driver": (HEAD + '[[driver]]\ndo = "dance"\n', 5, "do"),
    "driver's cycle": (HEAD + '[[driver]]\ndo = "request"\ncycle = "a b"\n', 6, "cycle"),
    "too many at once": (HEAD + '[[driver]]\ndo = "request"\ntogether = 17\n', 6, "together"),
    "too many employers": (HEAD + "[[person]]\nemployers = 21\n", 5, "employers"),
    "broken as": (HEAD + '[[connection]]\nbroken_as = "done"\n', 5, "broken_as"),
    "longest task": (HEAD + "[[provider]]\ntask_seconds = 86401\n", 5, "task_seconds"),
    "seed": (HEAD + "seed = -1\n", 4, "seed"),
    "form of a zone": (HEAD + 'zone = "Berlin time"\n', 4, "zone"),
}


@pytest.mark.parametrize("name", WRONG)
def test_error_names_file_line_and_key(name: str) -> None:
    """What is wrong is told with file, line and key; the schema refuses it, too."""
    text, line, key = WRONG[name]
    with pytest.raises(ScenarioError) as error:
        parse_scenario(text, "wrong", "stories/wrong.toml")
    assert len(str(error.value).splitlines()) == 1
    place, _, rest = str(error.value).partition(": ")
    assert place == f"stories/wrong.toml:{line}", error.value
    assert re.search(rf"\b{key}\b", rest.partition(": ")[0]), error.value
    with pytest.raises(jsonschema.ValidationError):
        FITS.validate(tomllib.loads(text))


def test_errors_are_told_all_at_once() -> None:
    """Two mistakes in one file are two lines; broken TOML is told with its line."""
    text = HEAD + '[profile]\nrefresh_limit = "x"\n[[connection]]\nkind = "magic"\nnth = ["one"]\n'
    with pytest.raises(ScenarioError) as error:
        parse_scenario(text, "wrong", "wrong.toml")
    places = sorted(line.split(": ")[0] for line in str(error.value).splitlines())
    assert places[0] == "wrong.toml:5"
    assert len(places) >= 2
    with pytest.raises(ScenarioError, match=r"wrong\.toml: .*line 2"):
        parse_scenario('title = "t"\nwhy = \n', "wrong", "wrong.toml")


def test_unknown_provider_and_login_are_refused(api: Api) -> None:
    """A scenario that speaks of providers or logins that there are not is refused by name, and changes nothing."""
    before = api.world_digest()
    for table, key in (("provider", "id"), ("person", "provider"), ("person", "login"), ("connection", "provider")):
        toml = f'{HEAD}[[{table}]]\n{key} = "nobody"\n'
        answer = api.refused("PUT", "/_mock/scenario", {"toml": toml})
        assert list(answer) == [f"{table}[0].{key}"]
        assert "nobody" in answer[f"{table}[0].{key}"]
    assert api.world_digest() == before


# --- the command line -----------------------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``mock-truv scenarios`` with arguments."""
    return subprocess.run(
        [sys.executable, "-m", "mock_truv", "scenarios", *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip


def test_command_lists_all() -> None:
    """``list`` has a line for each scenario with its title; ``--json`` has the texts, too."""
    plain = command("list")
    assert plain.returncode == 0
    lines = plain.stdout.splitlines()
    assert [line.split("  ")[0].strip() for line in lines] == list(shipped())
    assert all(line.endswith(it.title) for line, it in zip(lines, shipped().values(), strict=True))
    listed = json.loads(command("list", "--json").stdout)
    assert [each["name"] for each in listed] == list(shipped())
    assert all({"title", "why", "expect", "clauses"} <= set(each) for each in listed)


def test_command_shows_one(tmp_path: Path) -> None:
    """``show`` prints TOML that is the scenario, for a name and for a file; an unknown name is exit 2 and one line."""
    shown = command("show", "provider-flapping")
    assert shown.returncode == 0
    assert parse_scenario(shown.stdout, "provider-flapping", "x") == shipped()["provider-flapping"]
    file = tmp_path / "mine.toml"
    file.write_text(FULL)
    assert parse_scenario(command("show", str(file)).stdout, "mine", "x") == load_scenario(str(file))
    unknown = command("show", "no-such-story")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no-such-story" in unknown.stderr
    assert len(unknown.stderr.splitlines()) == 1


def test_command_checks_files(tmp_path: Path) -> None:
    """``check`` is exit 0 for right files, 1 with file, line and key for wrong ones, 2 for a file that is none."""
    right, wrong = tmp_path / "right.toml", tmp_path / "wrong.toml"
    right.write_text(FULL)
    wrong.write_text(WRONG["second table"][0])
    assert command("check", str(right)).returncode == 0
    both = command("check", str(right), str(wrong))
    assert both.returncode == 1
    assert f"{right}: right" in both.stdout
    assert both.stderr.startswith(f"{wrong}:8: connection[1].locked_after: ")
    assert command("check", str(tmp_path / "none.toml")).returncode == 2


# --- ways to put one into force -------------------------------------------------------------------------------------


def in_force(api: Api) -> Any:
    """Return the name of the scenario in force."""
    return api.get("/_mock/scenario")["scenario"]


def put(api: Api, name: str) -> None:
    """Put a shipped scenario into force over HTTP."""
    answer = api.send("PUT", "/_mock/scenario", json={"scenario": name})
    assert (answer.status_code, answer.json()) == (200, {"scenario": name})


@pytest.mark.parametrize("name", list(shipped()))
def test_each_can_be_put_into_force(api: Api, name: str) -> None:
    """Each shipped scenario can be put into force by name and by its own text, and the control API shows it."""
    if name == "bulk-renewals":
        return  # has a test of its own, for it brings a thousand cases
    put(api, name)
    shown = api.get("/_mock/scenario")
    assert shown["scenario"] == name
    assert parse_scenario(shown["toml"], name, "x") == shipped()[name]
    answer = api.send("PUT", "/_mock/scenario", json={"toml": shown["toml"]})
    assert (answer.status_code, in_force(api)) == (200, "custom")


def test_put_refuses_what_is_none(api: Api) -> None:
    """An unknown name, both ways at once, none, and a wrong text are refused, the last with line and key."""
    assert "happy-path" in api.refused("PUT", "/_mock/scenario", {"scenario": "nope"})["scenario"]
    assert list(api.refused("PUT", "/_mock/scenario", {})) == ["body"]
    assert list(api.refused("PUT", "/_mock/scenario", {"scenario": "happy-path", "toml": FULL})) == ["body"]
    assert ":8: connection[1].locked_after" in api.refused(
        "PUT", "/_mock/scenario", {"toml": WRONG["second table"][0]}
    )["toml"]  # fmt: skip
    assert in_force(api) is None


def test_files_are_not_read_for_a_request(api: Api, tmp_path: Path) -> None:
    """A path instead of a name is refused: no request makes the server read a file."""
    file = tmp_path / "mine.toml"
    file.write_text(FULL)
    assert list(api.refused("PUT", "/_mock/scenario", {"scenario": str(file)})) == ["scenario"]
    assert list(api.refused("POST", "/_mock/reset", {"scenario": str(file)})) == ["scenario"]


def test_reset_starts_a_scenario_from_the_beginning(api: Api) -> None:
    """A reset with a scenario counts its times from the start; without one the scenario in force starts again."""
    api.sandbox.clock.advance(days=100)
    for body in ({"scenario": "provider-unavailable", "seed": 5}, {}):
        answer = api.send("POST", "/_mock/reset", json=body).json()
        assert (answer["scenario"], answer["seed"], answer["now"]) == (
            "provider-unavailable", 5, "2026-01-05T15:00:00.000000Z",
        )  # fmt: skip
        (outage,) = api.get("/_mock/providers/truv_api")["outages"]
        assert outage == {"from": "2026-03-06T15:00:00.000000Z", "until": "2026-03-06T19:00:00.000000Z"}
        api.sandbox.clock.advance(days=1)
    assert list(api.refused("POST", "/_mock/reset", {"scenario": "nope"})) == ["scenario"]


def test_sandbox_object_takes_names_and_files(mock_truv: Sandbox, tmp_path: Path) -> None:
    """``sandbox.scenario`` takes a name or a file, and raises for what is neither."""
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + "[profile]\nrefresh_limit = 7\n")
    mock_truv.scenario(str(file))
    state = mock_truv.runtime.journal.world.state
    assert (state.scenario and state.scenario.name, state.profile.refresh_limit) == ("mine", 7)
    mock_truv.scenario("session-expired")
    assert state.scenario is not None
    assert state.scenario.name == "session-expired"
    with pytest.raises(ScenarioError, match="no scenario 'nope'"):
        mock_truv.scenario("nope")


@pytest.mark.mock_truv_scenario("session-expired")
def test_marker(api: Api) -> None:
    """The marker puts its scenario into force before the test begins."""
    assert in_force(api) == "session-expired"


def test_marker_in_a_strangers_project(tmp_path: Path) -> None:
    """In another project the marker is known, works for a class, and an unknown name is an error of the test."""
    (tmp_path / "test_theirs.py").write_text(
        "import pytest\n\n"
        '@pytest.mark.mock_truv_scenario("mfa-required")\n'
        "class TestAll:\n"
        "    def test_it(self, mock_truv):\n"
        '        assert mock_truv.runtime.journal.world.state.scenario.name == "mfa-required"\n\n'
        '@pytest.mark.mock_truv_scenario("nope")\ndef test_none(mock_truv):\n    pass\n'
    )
    ended = run_pytest(tmp_path, "--strict-markers")
    assert "1 passed, 1 error" in ended.stdout
    assert "no scenario 'nope'" in ended.stdout


def test_server_starts_with_a_scenario(tmp_path: Path) -> None:
    """A wrong file given to ``serve`` is exit 2 with file, line and key."""
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG["wrong choice"][0])
    ended = subprocess.run(
        [sys.executable, "-m", "mock_truv", "serve", "--port", "0", "--scenario", str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert f"{file}:5: connection[0].kind" in ended.stderr


def test_new_sandbox_takes_a_scenario(api: Api) -> None:
    """A sandbox can be opened with a scenario, which does not touch any other."""
    keys = api.post("/_mock/sandboxes/", {"scenario": "no-data"}, 200)
    headers = {"X-Access-Client-Id": keys["client_id"], "X-Access-Secret": keys["secret"]}
    assert api.client.get(f"{api.sandbox.base_url}/_mock/scenario", headers=headers).json()["scenario"] == "no-data"
    assert in_force(api) is None
    assert list(api.refused("POST", "/_mock/sandboxes/", {"scenario": "nope"})) == ["scenario"]


def test_another_scenario_replaces_the_first(api: Api) -> None:
    """A new scenario ends the faults of the earlier one, not those put into force by hand, and counts afresh."""
    api.post("/_mock/faults/", {"kind": "lose", "name": "mine", "event_type": "order-created"}, 200)
    put(api, "webhook-unknown")
    assert len(api.get("/_mock/faults/")["results"]) == 6
    put(api, "webhook-duplicate")
    assert [each["kind"] for each in api.get("/_mock/faults/")["results"]] == ["lose", "duplicate"]
    put(api, "partial-multi-employer")
    api.connected()
    put(api, "partial-multi-employer")
    order = api.connected(external_user_id="again")  # the first connection of the second time: nothing befalls it
    api.sandbox.clock.advance(days=2)
    assert ending(api, order) == "done"


# --- what each leads to ---------------------------------------------------------------------------------------------


def ending(api: Api, order: Any, seconds: float = 60) -> str:
    """Refresh an order and return how its first task has ended some time later."""
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=seconds)
    status: str = api.get(f"/orders/{made['id']}/")["employers"][0]["tasks"][0]["status"]
    return status


def story(api: Api, *days: float) -> list[str]:
    """Let a person connect, and return how refreshes so many days after the connection end."""
    began = api.sandbox.clock.now
    order = api.connected()
    endings = []
    for each in days:
        api.sandbox.clock.advance(to=began + timedelta(days=each))
        endings.append(ending(api, order))
    return endings


OF_CONNECTIONS: dict[str, tuple[tuple[float, ...], list[str]]] = {
    "happy-path": ((0.1, 30, 90, 179), ["done"] * 4),
    "session-expired": ((0.9, 1.1, 30), ["done", "login_error", "login_error"]),
    "mfa-required": ((0.9, 1.1, 30), ["done", "mfa_error", "mfa_error"]),
    "credentials-changed": ((29.9, 30.1), ["done", "login_error"]),
    "oauth-expiry-180d": ((179.9, 180.1), ["done", "login_error"]),
    "account-locked": ((19.9, 20.1, 26.9, 27.1), ["done", "account_locked", "account_locked", "done"]),
    "no-data": ((19.9, 20.1), ["done", "no_data"]),
    "config-error": ((19.9, 20.1), ["done", "config_error"]),
    "generic-error": ((9.9, 10.1, 11.9, 12.1), ["done", "error", "error", "done"]),
    "provider-unavailable": ((58.9, 60.01, 60.16, 60.17), ["done", "unavailable", "unavailable", "done"]),
    "provider-flapping": ((10.1, 10.3, 11.1, 11.45, 11.55, 13.05, 13.1),
                          ["unavailable", "done", "unavailable", "unavailable", "done", "unavailable", "done"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_CONNECTIONS)
def test_connections_and_providers(api: Api, name: str) -> None:
    """Refreshes before, during and after what befalls connection or provider end as the scenario says."""
    put(api, name)
    days, endings = OF_CONNECTIONS[name]
    assert story(api, *days) == endings


def relogin(api: Api, order: Any) -> None:
    """Let the person log in again for the same link, with a code if one is asked."""
    body = {"product_type": "income", "access_token": order["employers"][0]["access_token"]}
    token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    ended = api.sandbox.complete_bridge(token, mfa_code="12345")
    assert (ended["status"], ended["link_id"]) == ("login", order["employers"][0]["link_id"])


@pytest.mark.parametrize(
    ("name", "days", "again", "later", "endings"),
    [("session-expired", 1.1, 0.9, 1.1, ["login_error", "done", "login_error"]),
     ("mfa-required", 1.1, 0.9, 1.1, ["mfa_error", "done", "mfa_error"]),
     ("oauth-expiry-180d", 181, 179, 181, ["login_error", "done", "login_error"]),
     ("credentials-changed", 30.1, 29.9, 31, ["login_error", "done", "done"])],
)  # fmt: skip
def test_times_after_another_login(
    api: Api, name: str, days: float, again: float, later: float, endings: list[str]
) -> None:
    """A session's length counts from each login; what befalls a connection counts from its first and comes once."""
    put(api, name)
    order = api.connected()
    api.sandbox.clock.advance(days=days)
    seen = [ending(api, order)]
    relogin(api, order)
    began = api.sandbox.clock.now
    for each in (again, later):
        api.sandbox.clock.advance(to=began + timedelta(days=each))
        seen.append(ending(api, order))
    assert seen == endings


def test_partial_multi_employer(api: Api) -> None:
    """The first connection is fine, the second has a new password, the third has lost its session."""
    put(api, "partial-multi-employer")
    names = ("Hearthside Home Supply", "Brightcart Grocers", "Fixtura Test Logistics")
    order = api.connected(employers=[{"company_name": name} for name in names])
    api.sandbox.clock.advance(days=1.1)
    made = api.refresh(order["id"])
    api.sandbox.settle()
    tasks = [each["tasks"][0]["status"] for each in api.get(f"/orders/{made['id']}/")["employers"]]
    assert tasks == ["done", "login_error", "mfa_error"]


def test_refresh_limit_24h(api: Api) -> None:
    """Three refreshes into the outage use up the day; the fourth is refused until 24 hours after the first."""
    put(api, "refresh-limit-24h")
    assert story(api, 1, 1.1, 1.2) == ["unavailable"] * 3
    original = api.get("/orders/")["results"][-1]
    answer = api.send("POST", f"/orders/{original['id']}/", json=INCOME)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, LIMIT)
    api.sandbox.clock.advance(to=datetime(2026, 1, 7, 15, tzinfo=UTC))
    assert ending(api, original) == "done"


def test_refresh_limit_task(api: Api) -> None:
    """The second refresh of a day is accepted and only its task fails, with the limit's text."""
    put(api, "refresh-limit-task")
    assert story(api, 1, 1.1) == ["done", "error"]
    task = api.get("/tasks/")["results"][0]
    assert task["error_message"] == LIMIT
    assert len(api.sandbox.billing) == 1


def test_slow_provider(api: Api) -> None:
    """A task is still running after nineteen minutes and done within twenty."""
    put(api, "slow-provider")
    order = api.connected()
    made = api.refresh(order["id"])
    statuses = []
    for minutes in (19, 1):
        api.sandbox.clock.advance(minutes=minutes)
        statuses.append(api.get(f"/orders/{made['id']}/")["status"])
    assert statuses == ["pending", "completed"]


def test_link_never_used(api: Api) -> None:
    """The session is soon over, and a new order that nobody opens has expired after a working day."""
    put(api, "link-never-used")
    assert story(api, 1.1) == ["login_error"]
    order = api.order()
    api.sandbox.clock.advance(days=1)
    assert api.get(f"/orders/{order['id']}/")["status"] == "expired"
    with pytest.raises(Exception, match="expired"):
        api.sandbox.complete_bridge(order["bridge_token"])


def test_rate_limited_429(api: Api) -> None:
    """The request after 300 within a minute is refused with the seconds to wait, after which one is served."""
    put(api, "rate-limited-429")
    for _ in range(300):
        assert api.send("GET", "/users/").status_code == 200
    refused = api.send("GET", "/users/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "throttled")
    api.sandbox.clock.advance(seconds=int(refused.headers["retry-after"]))
    assert api.send("GET", "/users/").status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "from_days", "hours"), [("api-5xx", 503, 30, 2), ("keys-refused", 401, 1, 6)]
)
def test_answers_for_some_hours(api: Api, name: str, status: int, from_days: float, hours: float) -> None:
    """From its instant on every call is refused so, for its hours and not a microsecond longer."""
    put(api, name)
    began = api.sandbox.clock.now
    seen = []
    for instant in (
        timedelta(days=from_days, microseconds=-1), timedelta(days=from_days),
        timedelta(days=from_days, hours=hours, microseconds=-1), timedelta(days=from_days, hours=hours),
    ):  # fmt: skip
        api.sandbox.clock.advance(to=began + instant)
        seen.append(api.send("GET", "/orders/").status_code)
    assert seen == [200, status, status, 200]


@pytest.mark.parametrize(("name", "made"), [("api-timeout-after-commit", 1), ("api-timeout-before-commit", 0)])
def test_refresh_times_out(api: Api, name: str, made: int) -> None:
    """The first refresh breaks after a minute; whether it was made differs; the next one is answered."""
    import httpx

    put(api, name)
    order = api.connected()
    began = api.sandbox.clock.now
    with pytest.raises(httpx.TransportError):
        api.send("POST", f"/orders/{order['id']}/", json=INCOME)
    assert api.sandbox.clock.now - began == timedelta(minutes=1)
    assert len(api.sandbox.billing) == made
    assert api.refresh(order["id"])


def test_api_broken_answer(api: Api) -> None:
    """The first refresh is made and its answer cut off; the first read is a page, the second is empty."""
    import httpx

    put(api, "api-broken-answer")
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.settle()
    with pytest.raises(httpx.TransportError):
        api.send("POST", f"/orders/{order['id']}/", json=INCOME)
    assert len(api.sandbox.billing) == 1
    page, empty, whole = (api.send("GET", f"/orders/{order['id']}/") for _ in range(3))
    assert (page.status_code, page.text[:9]) == (502, "<!DOCTYPE")
    assert (empty.status_code, empty.content) == (200, b"")
    assert whole.json()["refresh_order"]


def test_webhook_before_answer(api: Api, receiver: Receiver) -> None:
    """When the refresh is answered its whole story has been told already."""
    put(api, "webhook-before-answer")
    order = api.connected()
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    assert made["status"] == "pending"
    assert receiver.events[-1]["order_id"] == made["id"]
    assert receiver.events[-1]["status"] == "completed"


def refreshed(api: Api, receiver: Receiver, seconds: float = 60) -> list[Any]:
    """Refresh a connected order and return the events of the refresh that arrived within some time."""
    order = api.connected()
    api.subscribe(receiver.url)
    api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=seconds)
    return receiver.events


WALK = ["new", "login", "parse", "full_parse", "done"]


def tasks_told(events: list[Any]) -> list[str]:
    """Return the statuses told of tasks, in the order of arrival."""
    return [each["status"] for each in events if each["event_type"] == "task-status-updated"]


def test_webhook_duplicate(api: Api, receiver: Receiver) -> None:
    """Each event comes three times with one id, a minute apart."""
    put(api, "webhook-duplicate")
    refreshed(api, receiver, 59)
    once = len(receiver.received)
    api.sandbox.clock.advance(seconds=200)
    assert len(receiver.received) == 3 * once
    assert len({each["webhook_id"] for each in receiver.events}) == once


def test_webhook_duplicate_new_id(api: Api, receiver: Receiver) -> None:
    """Each fact comes three times under three ids, ten minutes apart."""
    put(api, "webhook-duplicate-new-id")
    refreshed(api, receiver, 599)
    once = len(receiver.received)
    api.sandbox.clock.advance(seconds=2000)
    assert len({each["webhook_id"] for each in receiver.events}) == len(receiver.received) == 3 * once


def test_webhook_out_of_order(api: Api, receiver: Receiver) -> None:
    """Task events come third, first, second of each three; what is left over comes within the hour."""
    put(api, "webhook-out-of-order")
    order = api.connected()
    api.sandbox.clock.advance(hours=2)
    api.subscribe(receiver.url)
    api.refresh(order["id"])
    api.sandbox.clock.advance(hours=2)
    assert tasks_told(receiver.events) == ["parse", "new", "login", "full_parse", "done"]


def test_webhook_lost(api: Api, receiver: Receiver) -> None:
    """The events that say done and completed never come; the reads say it."""
    put(api, "webhook-lost")
    events = refreshed(api, receiver, 7200)
    assert tasks_told(events) == WALK[:-1]
    assert not [each for each in events if each["event_type"] == "order-status-updated"]
    assert api.get("/orders/")["results"][0]["status"] == "completed"


def test_webhook_lost_all(api: Api, receiver: Receiver) -> None:
    """Nothing ever comes."""
    put(api, "webhook-lost-all")
    assert refreshed(api, receiver, 7200) == []
    assert api.get("/orders/")["results"][0]["status"] == "completed"


def test_webhook_late(api: Api, receiver: Receiver) -> None:
    """Nothing comes for 26 hours, then everything, in order."""
    put(api, "webhook-late")
    assert refreshed(api, receiver, 26 * 3600 - 0.000001) == []
    api.sandbox.clock.advance(seconds=9)
    assert tasks_told(receiver.events) == WALK


def test_webhook_forged(api: Api, receiver: Receiver) -> None:
    """Before each genuine event come five forged ones, which fail the check of a signature."""
    import hashlib
    import hmac

    put(api, "webhook-forged")
    refreshed_count = len(refreshed_raw(api, receiver))
    flags = ""
    for each in receiver.received:
        right = hmac.new(api.sandbox.secret.encode(), each.body, hashlib.sha256).hexdigest()
        given = {name.lower(): value for name, value in each.headers.items()}.get("x-webhook-sign")
        flags += "+" if given == f"v1={right}" else "-"
    assert flags == "-----+" * (refreshed_count // 6)


def refreshed_raw(api: Api, receiver: Receiver) -> list[Any]:
    """Refresh a connected order and return the requests that came, whatever their bytes."""
    order = api.connected()
    api.subscribe(receiver.url)
    api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=60)
    assert receiver.received
    return list(receiver.received)


def test_webhook_odd_bytes(api: Api, receiver: Receiver) -> None:
    """Every event is written with escapes that a JSON reader does not notice."""
    put(api, "webhook-odd-bytes")
    assert tasks_told(refreshed(api, receiver)) == WALK
    assert all(rb"\u0061" in each.body for each in receiver.received)


def test_webhook_unknown(api: Api, receiver: Receiver) -> None:
    """Before each usual event come five strange ones: unknown type, status, fields, nulls, and a stranger's."""
    put(api, "webhook-unknown")
    events = refreshed(api, receiver)
    assert len(events) % 6 == 0
    kinds, statuses, fields, nulls, strangers, usual = (events[at::6] for at in range(6))
    assert {each["event_type"] for each in kinds} == {"report-archived"}
    assert {each["status"] for each in statuses} == {"paused_by_provider"}
    assert all("extension" in each for each in fields)
    assert all(each.get("link_id") is None for each in nulls)
    known = {each["id"] for each in api.get("/users/")["results"]}
    assert not known & {each["user_id"] for each in strangers}
    assert tasks_told(usual) == WALK


def cases(api: Api) -> list[Any]:
    """Return all orders that a scenario brought."""
    found: list[Any] = []
    page: Any = {"next": "/orders/?page_size=100"}
    while page["next"]:
        page = api.get("/orders/" + page["next"].partition("/orders/")[2])
        found += page["results"]
    return found


@pytest.mark.parametrize(
    ("name", "days", "status"), [("annual-recertification", 365, "login_error"), ("periodic-review", 90, "done")]
)
def test_ready_made_cases(api: Api, receiver: Receiver, name: str, days: int, status: str) -> None:
    """Twenty cases are there from the start, connected so long ago, without a webhook; their refreshes end alike."""
    api.subscribe(receiver.url)
    put(api, name)
    api.sandbox.settle()
    assert receiver.events == []
    found = cases(api)
    assert len({each["user_id"] for each in found}) == len(found) == 20
    now = api.sandbox.clock.now
    for each in found:
        assert each["status"] == "completed"
        assert now - datetime.fromisoformat(each["created_at"]) == timedelta(days=days)
        assert each["employers"][0]["link_id"]
    assert {ending(api, each, 10) for each in found} == {status}
    assert len(api.sandbox.billing) == 20
    assert api.get(f"/orders/{found[0]['id']}/")["employers"][0]["employments"]


def test_bulk_renewals(mock_truv: Sandbox, api_for: Callable[[Sandbox], Api]) -> None:
    """A thousand cases end as their ages, passwords and locks say: some grants are over, some accounts locked."""
    api = api_for(mock_truv)
    put(api, "bulk-renewals")
    found = cases(api)
    assert len({each["order_number"] for each in found}) == len(found) == 1000
    links = api.get("/_mock/connections/")["results"]
    assert len(links) == 1000
    now = mock_truv.clock.now
    ages = sorted((now - datetime.fromisoformat(each["logged_in_at"])).days for each in links)
    assert (ages[0], ages[-1]) == (5, 299)
    changed, locked = (sum(each[key] for each in links) for key in ("credentials_changed", "locked"))
    assert (changed, locked) == (28 + 25, 7)
    ended = sum(each["session_ended"] for each in links)
    assert 230 < ended < 250
    by_link = {each["link_id"]: each for each in links}
    sample = found[::25]
    endings = [ending(api, each, 10) for each in sample]
    for each, status in zip(sample, endings, strict=True):
        it = by_link[each["employers"][0]["link_id"]]
        expected = "account_locked" if it["locked"] else (
            "login_error" if it["credentials_changed"] or it["session_ended"] else "done"
        )  # fmt: skip
        assert status == expected
    assert {"done", "login_error"} <= set(endings)


def test_each_scenario_has_a_story_here() -> None:
    """Every shipped scenario is run by a test of this file."""
    source = Path(__file__).read_text()
    for name in shipped():
        assert name in OF_CONNECTIONS or f'put(api, "{name}")' in source or f'("{name}", ' in source, name
