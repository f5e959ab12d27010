"""Bounds of scenarios: no time beyond 100 years, none before the payroll, nothing that does not go together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import inspect

from mock_truv.commands import PutScenario
from mock_truv.core import bounds, records
from mock_truv.core.instants import LAST_US, LONGEST_US, START_US, parse_duration
from mock_truv.core.scenario import ConnectionRule, DriverRule, FaultRule, PersonRule, ProviderRule, Scenario
from mock_truv.runtime.hub import load_catalog
from mock_truv.scenarios import ScenarioError, parse_scenario
from mock_truv.world import World

if TYPE_CHECKING:
    from tests.conftest import Api

HEAD = 'title = "A title"\nwhy = "A reason"\nexpect = "A deed"\n'
RULES: dict[str, type[msgspec.Struct]] = {
    "connection": ConnectionRule, "provider": ProviderRule, "fault": FaultRule, "person": PersonRule,
    "driver": DriverRule,
}  # fmt: skip
NEEDED = {"fault": 'kind = "lose"\n', "driver": 'do = "request"\n'}
EVERY = [(table, key) for table, keys in bounds.DURATIONS.items() for key in keys]
TOO_LONG = ("36526d", "9999999d", "9" * 57 + "d", "36525d0.001ms", "99999999999999999999999999999us")
TOGETHER = [(table, *pair) for table, pairs in bounds.SUMS.items() for pair in pairs]


def text_of(table: str, **fields: Any) -> str:
    """Return the text of a scenario with one rule."""
    lines = "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in fields.items())
    return f"{HEAD}[[{table}]]\n{NEEDED.get(table, '')}{lines}"


def refusal(text: str) -> str:
    """Return how a text is refused, in one line."""
    with pytest.raises(ScenarioError) as error:
        parse_scenario(text, "wrong", "wrong.toml")
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def put(scenario: Scenario) -> tuple[int, dict[str, str]]:
    """Put a scenario into force in a new world; return status and {field: message}."""
    world = World.new("0" * 64, load_catalog(), now_us=START_US)
    before = world.world_digest()
    answer = world.handle(PutScenario(scenario)).answer
    assert answer is not None
    if answer.status == 200:
        return 200, {}
    assert world.world_digest() == before
    problems = msgspec.json.decode(answer.body)["error"]["extra"]["invalid-params"]
    return answer.status, {each["field"]: each["message"] for each in problems}


def unchecked(table: str, **fields: Any) -> Scenario:
    """Return a scenario with one rule that no file was read for."""
    needed: dict[str, dict[str, Any]] = {"fault": {"fault": {"kind": "lose"}}, "driver": {"do": "request"}}
    rule = needed.get(table, {}) | fields
    return msgspec.convert({"name": "x", "title": "t", "why": "w", "expect": "e", table: [rule]}, Scenario)


def is_duration(kind: inspect.Type) -> bool:
    """Return whether a field's type is a duration, or a duration or nothing."""
    if isinstance(kind, inspect.UnionType):
        return any(is_duration(each) for each in kind.types)
    about = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    return str((about or {}).get("description", "")).startswith("a duration")


@pytest.mark.parametrize(("table", "rule"), RULES.items())
def test_every_duration_is_looked_at(table: str, rule: type[msgspec.Struct]) -> None:
    """The list of durations is that of the fields that are durations."""
    kind = inspect.type_info(rule)
    assert isinstance(kind, inspect.StructType)
    assert {field.name for field in kind.fields if is_duration(field.type)} == set(bounds.DURATIONS[table])


@pytest.mark.parametrize(("table", "key"), EVERY)
def test_a_huge_duration_is_refused(api: Api, table: str, key: str) -> None:
    """A duration of more than 100 years is refused with its key: in a file, over HTTP, and when put into force."""
    for duration in TOO_LONG:
        text = text_of(table, **{key: duration})
        told = refusal(text)
        assert f"{table}[0].{key}: " in told
        assert "longer than 36525d (100 years)" in told
        assert told.startswith(f"wrong.toml:{6 if table in NEEDED else 5}: ")
        answer = api.refused("PUT", "/_mock/scenario", {"toml": text})
        assert "100 years" in answer["toml"]
        status, problems = put(unchecked(table, **{key: duration}))
        assert (status, list(problems)) == (400, [f"{table}[0].{key}"])


@pytest.mark.parametrize(("table", "key"), [each for each in EVERY if each[0] != "person"])
def test_the_longest_duration_is_taken(table: str, key: str) -> None:
    """Exactly 100 years are taken everywhere but in the past, where there is no pay."""
    scenario = parse_scenario(text_of(table, **{key: "36525d"}), "right", "right.toml")
    assert put(scenario) == (200, {})


@pytest.mark.parametrize(("table", "first", "second"), TOGETHER)
def test_durations_that_follow_one_another_are_bounded_together(table: str, first: str, second: str) -> None:
    """Two times of 60 years that follow one another are refused at the second; 50 and 50 are not too long."""
    told = refusal(text_of(table, **{first: "22000d", second: "22000d"}))
    assert f"{table}[0].{second}: {first} and {second} together are longer than 36525d (100 years)" in told
    assert put(unchecked(table, **{first: "22000d", second: "22000d"}))[0] == 400
    parse_scenario(text_of(table, **{first: "18262.5d", second: "18262.5d"}), "right", "right.toml")


def test_a_story_is_bounded_as_a_whole() -> None:
    """How long a story lasts is bounded like every other time."""
    assert refusal(HEAD + 'lasts = "36526d"\n').startswith("wrong.toml:4: lasts: '36526d' is longer than 36525d")
    assert put(parse_scenario(HEAD + 'lasts = "36525d"\n', "right", "right.toml")) == (200, {})


def test_what_repeats_is_bounded_as_a_whole() -> None:
    """The last of many times may not lie beyond 100 years either."""
    told = refusal(text_of("driver", every="10d", times=4000))
    assert "driver[0].every: after and every, 4000 times, together are longer than" in told
    parse_scenario(text_of("driver", every="10d", times=3653, after="5d"), "right", "right.toml")


def test_all_instants_stay_in_the_clocks_range() -> None:
    """From where manual clocks start, the longest time ends before the last instant a clock can be moved to."""
    assert START_US + LONGEST_US < LAST_US
    assert parse_duration("36525d") == LONGEST_US


@pytest.mark.parametrize(
    ("rule", "field"),
    [({"connected_ago": "1394d"}, "connected_ago"), ({"connected_ago": "36525d"}, "connected_ago"),
     ({"connected_ago": "1000d", "spread": "500d"}, "connected_ago"),
     ({"login": "goodlogin.tn1", "connected_ago": "64d"}, "connected_ago"),
     ({"logins": ["fulltime", "goodlogin.tn1"], "connected_ago": "100d"}, "connected_ago")],
)  # fmt: skip
def test_no_case_is_older_than_its_pay(rule: dict[str, Any], field: str) -> None:
    """A case that would be connected before its person's first job begins is refused with that day."""
    scenario = unchecked("person", **rule)
    status, problems = put(scenario)
    assert (status, list(problems)) == (400, [f"person[0].{field}"])
    assert "Must not go back before 20" in problems[f"person[0].{field}"]


@pytest.mark.parametrize("ago", ["1393d", "0s"])
def test_the_first_day_of_work_will_do(ago: str) -> None:
    """A case may be as old as its person's first job, or made now; its report can be read."""
    world = World.new("0" * 64, load_catalog(), now_us=START_US)
    answer = world.handle(PutScenario(unchecked("person", connected_ago=ago))).answer
    assert answer is not None
    assert answer.status == 200
    (link,) = world.state.links.values()
    assert link.read_us is not None
    assert len(records.employments(world, link, link.read_us, voe=False)) == 1


def test_a_duration_is_nothing_but_a_duration() -> None:
    """A line break behind a duration, and digits that are not those of ASCII, are refused with the key."""
    for text in ("30d\n", "\u0663\u0660d"):
        assert "connection[0].locked_after: " in refusal(text_of("connection", locked_after=text))


def test_what_does_not_go_together_is_refused() -> None:
    """A household has no spread, method and path go with a request's point, and connections are counted in all."""
    assert "person[0].spread: " in refusal(text_of("person", household=True, spread="1d"))
    assert "person[0].employers: " in refusal(text_of("person", count=10_000, employers=11))
    for key, value in (("method", "POST"), ("path", "/v1/orders/*/")):
        assert f"driver[0].{key}: Goes only with at" in refusal(text_of("driver", at="announced", **{key: value}))
        assert f"driver[0].{key}: Goes only with at" in refusal(text_of("driver", **{key: value}))
        for point in bounds.REQUEST_POINTS:
            parse_scenario(text_of("driver", at=point, **{key: value}), "right", "right.toml")


def test_unknown_names_of_lists_are_refused_one_by_one() -> None:
    """An unknown login or provider in a list is told with its place in it."""
    scenario = unchecked("person", logins=["goodlogin", "nobody"], providers=["nowhere", "truv_api"])
    status, problems = put(scenario)
    assert (status, set(problems)) == (400, {"person[0].logins[1]", "person[0].providers[0]"})


def test_an_unknown_time_zone_is_refused() -> None:
    """A zone that has the form of one and does not exist is refused with its line."""
    assert refusal(HEAD + 'zone = "Europe/Atlantis"\n').startswith("wrong.toml:4: zone: No time zone is called")
    for zone in ("UTC", "Asia/Kolkata"):
        assert parse_scenario(f'{HEAD}zone = "{zone}"\n', "right", "right.toml").zone == zone


@pytest.mark.parametrize("order", [[1, 1], [2, 2], [1, 3]])
def test_an_order_that_is_no_permutation_is_refused(order: list[int]) -> None:
    """Webhooks are put into an order that names each place once; another would lose one or send it twice."""
    wrong = HEAD + f'[[fault]]\nkind = "reorder"\norder = {order}\n'
    assert "fault[0].order: Must name each place from 1 to 2 once" in refusal(wrong)


def test_defaults_are_within_bounds() -> None:
    """A rule that says nothing has nothing wrong with it."""
    rules = itertools.product((PersonRule(),), (DriverRule(do="close"),))
    for person, driver in rules:
        scenario = Scenario(name="x", title="t", why="w", expect="e", person=(person,), driver=(driver,))
        assert bounds.problems(scenario) == []
