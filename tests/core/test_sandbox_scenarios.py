"""Which sandbox scenario is hit: every combination of few fields with few values, and the rules one by one."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.core import sandbox_scenarios as rules
from mock_truv.core.model import Link, Provider, SandboxScenario, Script, TaskStatus
from mock_truv.core.sandbox_scenarios import LoginAttempt, choose, credentials, matches
from mock_truv.core.tasks import ERRORS, FINAL, NEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = "5" * 64
SMALL: dict[str, tuple[Any, ...]] = {
    "username": (None, "ann", "ben"),
    "password": (None, "one", "two"),
    "provider_id": (None, "adp"),
    "is_refresh": (None, False, True),
}
"""The small world: every scenario of these fields and values."""
TYPED = [
    (username, password, provider_id, is_refresh)
    for username, password in product(("ann", "ben", "cy"), ("one", "two"))
    for provider_id in ("adp", "other")
    for is_refresh in (False, True)
]


def scenario(ident: str = "s", **fields: Any) -> SandboxScenario:
    """Return a payroll scenario that sets only what is given."""
    usual = {"id": ident, "data_source": "payroll", "label": ident, "created_us": 0, "updated_us": 0}
    return SandboxScenario(**{**usual, **fields})


def attempt(username: str = "ann", password: str = "one", **fields: Any) -> LoginAttempt:
    """Return a login of income at payroll."""
    usual = {"data_source": "payroll", "product": "income", "username": username}
    return LoginAttempt(**{**usual, "credentials": credentials(SEED, username, password), **fields})


def small_world() -> Iterator[SandboxScenario]:
    """Yield every scenario of the small world that may exist."""
    for number, values in enumerate(product(*SMALL.values())):
        fields = dict(zip(SMALL, values, strict=True))
        if any(value is not None for field, value in fields.items() if field != "is_refresh"):
            yield scenario(f"{number:03d}", **fields)


ALL = list(small_world())


def fits(it: SandboxScenario, username: str, password: str, provider_id: str, is_refresh: bool) -> bool:
    """Return what the rule says in plain words: an unset field matches anything."""
    return (
        it.username in {None, username}
        and it.password in {None, password}
        and it.provider_id in {None, provider_id}
        and it.is_refresh in {None, is_refresh}
    )


@pytest.mark.parametrize("typed", TYPED, ids=str)
def test_a_scenario_matches_what_its_fields_leave_open(typed: tuple[str, str, str, bool]) -> None:
    """Each scenario of the small world matches exactly the logins that agree with every field it sets."""
    username, password, provider_id, is_refresh = typed
    sought = attempt(username, password, provider_id=provider_id, is_refresh=is_refresh)
    for it in ALL:
        assert matches(it, sought, SEED) is fits(it, *typed), it


@pytest.mark.parametrize("typed", TYPED, ids=str)
def test_of_two_the_rules_decide(typed: tuple[str, str, str, bool]) -> None:
    """Of any two that match more fields win, then the one that sets ``is_refresh``, then the older one."""
    username, password, provider_id, is_refresh = typed
    sought = attempt(username, password, provider_id=provider_id, is_refresh=is_refresh)
    fitting = [it for it in ALL if fits(it, *typed)]
    assert choose([it for it in ALL if it not in fitting], sought, SEED) is None
    for pair in combinations(fitting, 2):
        counts = [sum(getattr(it, field) is not None for field in rules.COUNTED) for it in pair]
        for older, newer in (pair, pair[::-1]):
            hit = choose([older, newer], sought, SEED)
            if counts[0] != counts[1]:
                assert hit is pair[counts.index(max(counts))]
            elif (older.is_refresh is None) != (newer.is_refresh is None):
                assert hit is (newer if older.is_refresh is None else older)
            else:
                assert hit is older


def test_of_all_the_best_is_hit_wherever_it_stands() -> None:
    """Among all scenarios of the small world the one that sets everything is hit, at either end of the list."""
    best = scenario("best", username="ann", password="one", provider_id="adp", is_refresh=True)
    others = [it for it in ALL if not rules.same_fields(it, best)]
    sought = attempt(provider_id="adp", is_refresh=True)
    assert choose([best, *others], sought, SEED) is best
    assert choose([*others, best], sought, SEED) is best


@pytest.mark.parametrize(
    ("fields", "sought", "hit"),
    [
        ({"enabled": False}, {}, False),
        ({"products": []}, {}, True),
        ({"products": ["income", "pll"]}, {}, True),
        ({"products": ["pll"]}, {}, False),
        ({"products": ["pll"]}, {"product": None}, True),
        ({"data_source": "insurance"}, {}, False),
        ({"data_source": "insurance"}, {"data_source": "insurance"}, True),
        ({"company_domain": "Acme.example"}, {"company_domain": "acme.EXAMPLE"}, True),
        ({"company_domain": "acme.example"}, {"company_domain": "other.example"}, False),
        ({"company_domain": "acme.example"}, {}, False),
        ({"first_name": "Ann"}, {"first_name": "Ann"}, True),
        ({"first_name": "Ann", "last_name": "Ek"}, {"first_name": "Ann", "last_name": "Ox"}, False),
        ({"provider_id": "adp"}, {}, False),
        ({"password": "one"}, {"credentials": None}, False),
        ({"password": "one"}, {}, True),
        ({"password": "one", "username": None}, {}, True),
        ({"is_refresh": False}, {"is_refresh": True}, False),
        ({"is_refresh": True}, {}, False),
    ],
    ids=str,
)
def test_what_else_must_agree(fields: dict[str, Any], sought: dict[str, Any], hit: bool) -> None:
    """A scenario is skipped when disabled, for other products, data sources, employers, names and kinds of task."""
    it = scenario(**{"username": "ann", **fields})
    assert matches(it, attempt(**sought), SEED) is hit


def test_the_hash_of_a_login_depends_on_all_of_it() -> None:
    """Seed, user name and password each change the hash, also where they run into each other."""
    typed = [("5" * 64, "ann", "one"), ("6" * 64, "ann", "one"), ("5" * 64, "an", "none"), ("5" * 64, "ann\no", "ne"),
             ("5" * 64, "ann", "o\nne"), ("5" * 64, "", "annone")]  # fmt: skip
    assert len({credentials(*each) for each in typed}) == len(typed)
    assert credentials(*typed[0]) == credentials(*typed[0])


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"username": "ann", "password": "one"}, None),
        ({"provider_id": "adp"}, "payroll"),
        ({"provider_id": "somewhere else"}, None),
        ({"company_domain": "acme.example"}, "payroll"),
        ({"first_name": "Ann"}, "instant"),
        ({"last_name": "Ek", "is_refresh": True}, "instant"),
        ({"last_name": "Ek", "company_domain": "acme.example"}, None),
    ],
    ids=str,
)
def test_what_the_fields_tell_of_the_data_source(fields: dict[str, Any], source: str | None) -> None:
    """A known provider and an employer mean payroll, a name means instant; logins and contradictions tell nothing."""
    assert rules.derived_source(scenario(**fields), {"adp": Provider(id="adp", name="A")}) == source


@pytest.mark.parametrize(
    ("username", "password", "source", "reserved"),
    [
        ("goodlogin", "anything", "payroll", True), ("error.user", None, "insurance", True),
        ("goodlogin", None, None, True), ("sit", "goodpassword", "financial_accounts", True),
        ("sit", None, "financial_accounts", True), ("sit", "own", "financial_accounts", False),
        ("sit", "goodpassword", "payroll", False), ("fulltime", "goodpassword", "payroll", False),
        (None, "goodpassword", "payroll", False),
    ],
)  # fmt: skip
def test_reserved_logins(username: str | None, password: str | None, source: str | None, reserved: bool) -> None:
    """The two names are taken everywhere, the asset logins as pairs at banks, and nothing else."""
    assert rules.is_reserved(username, password, source) is reserved


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ending_is_reached_by_one_way(status: TaskStatus) -> None:
    """Each ending comes out of the login or out of one later status, by an edge that the table of statuses has."""
    script = Script(sandbox_scenario="s", status=status)
    late = [each for each in (TaskStatus.PARSE, TaskStatus.FULL_PARSE) if rules.ends_after(script, each)]
    at_login = rules.after_login(script, TaskStatus.LOGIN)
    if status is TaskStatus.DONE:
        assert (at_login, late) == (TaskStatus.LOGIN, [])
    elif late:
        assert at_login is TaskStatus.LOGIN
        assert [rules.ends_after(script, each) for each in late] == [status]
        assert status in NEXT[late[0]]
    else:
        assert at_login is status
        assert status in NEXT[TaskStatus.LOGIN]


@pytest.mark.parametrize("cause", sorted(ERRORS))
def test_causes_come_first(cause: TaskStatus) -> None:
    """A login that fails for a cause ends by it, whatever the scenario says."""
    for status in (None, *sorted(FINAL)):
        assert rules.after_login(Script(sandbox_scenario="s", status=status), cause) is cause


def test_the_message_belongs_to_the_ending() -> None:
    """The client's text stands only where the task ended as the scenario says; without a status that is ``done``."""
    script = Script(sandbox_scenario="s", status=TaskStatus.NO_DATA, error_message="Nothing here")
    assert rules.message_of(script, TaskStatus.NO_DATA) == "Nothing here"
    assert rules.message_of(script, TaskStatus.UNAVAILABLE) is None
    assert rules.message_of(Script(sandbox_scenario="s", error_message="x"), TaskStatus.DONE) == "x"


TEXT = {"type": "TEXT", "label": "Code", "answer": "2468"}
OPTIONS = {"type": "OPTIONS", "label": "Pet", "options": [{"value": each} for each in "abc"], "answers": ["a", "c"]}


@pytest.mark.parametrize(
    ("challenges", "code", "right"),
    [
        ([TEXT], "2468", True), ([TEXT], "2469", False), ([TEXT], "", False), ([OPTIONS], "a", True),
        ([OPTIONS], "c", True), ([OPTIONS], "b", False), ([TEXT, OPTIONS], "2468, c", True),
        ([TEXT, OPTIONS], "2468", False), ([TEXT, OPTIONS], "2468,b", False), ([OPTIONS, TEXT], "c,2468,a", False),
        ([{**TEXT, "answer": "a,b"}], "a,b", True),
    ],
)  # fmt: skip
def test_answers(challenges: list[dict[str, Any]], code: str, right: bool) -> None:
    """A text is compared, any of the right options will do, and several questions want as many answers."""
    assert rules.answers(challenges, code) is right


@pytest.mark.parametrize(
    ("status", "asked"), [(None, True), ("done", True), ("mfa_error", True), ("no_data", True), ("login_error", False)]
)
def test_a_login_that_fails_before_asks_nothing(status: str | None, asked: bool) -> None:
    """The questions are asked unless the login is to fail before them."""
    behavior = None if status is None else TaskStatus(status)
    it = scenario(username="ann", behavior_status=behavior, behavior_mfa={"challenges": [TEXT]})
    assert rules.asked_challenges(it) == ([TEXT] if asked else [])


@pytest.mark.parametrize(
    ("payload", "flag"),
    [
        (None, False), ({}, False), ({"flags": None}, False), ({"flags": {"is_suspicious": True}}, True),
        ({"flags": {"is_fraudulent": True}}, True), ({"flags": {"is_suspicious": False}}, False),
    ],
)  # fmt: skip
def test_flags(payload: dict[str, Any] | None, flag: bool) -> None:
    """Either flag makes a connection suspicious, and nothing else in a payload does."""
    assert rules.flagged(payload) is flag


def test_a_refresh_is_matched_by_what_the_link_remembers(link: Link) -> None:
    """A refresh hits by user name and hashed password; a link that remembers no login hits no password."""
    first, second = scenario("first", username="ann"), scenario("second", username="ann", password="one")
    found = rules.refresh_script([first, second], link, "income", SEED)
    assert found is not None
    assert found.sandbox_scenario == "second"
    link.credentials = None
    found = rules.refresh_script([first, second], link, "income", SEED)
    assert found is not None
    assert found.sandbox_scenario == "first"
    assert rules.refresh_script([scenario(username="ann", is_refresh=False)], link, "income", SEED) is None


@pytest.fixture
def link() -> Link:
    """A link made by ann / one."""
    from mock_truv.core.model import Connection

    return Link(
        id="l", access_token="t", link_hash="h", user_id="u", provider_id="adp", username="ann", person="p",
        variation=0, history_since="2025-01-01", product="income", status=TaskStatus.DONE, created_us=0, updated_us=0,
        connection=Connection(kind="oauth", logged_in_us=0, expires_us=None),
        credentials=credentials(SEED, "ann", "one"),
    )  # fmt: skip
