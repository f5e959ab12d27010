"""Every combination of causes that a connection can be in, and the ending that each promises: a small world, whole."""

from __future__ import annotations

from itertools import product

import pytest

from mock_truv.core.connections import asks_code, is_down, judge_login, judge_refresh
from mock_truv.core.instants import DAY_US, SECOND_US, START_US, text_z
from mock_truv.core.model import Connection, Login, Outage, Provider
from mock_truv.core.model import TaskStatus as S
from tests.worlds import GOOD, ORDER, Act, Plan, Story

NOW_US = START_US
HABITS = ("never", "new_session", "always")
OUTAGES: dict[str, tuple[Outage, bool]] = {
    "ends this very instant": (Outage(from_us=NOW_US - 10, until_us=NOW_US), False),
    "begins this very instant": (Outage(from_us=NOW_US, until_us=NOW_US + 1), True),
    "ends an instant later": (Outage(from_us=NOW_US - 10, until_us=NOW_US + 1), True),
    "begins an instant later": (Outage(from_us=NOW_US + 1, until_us=NOW_US + 10), False),
    "has no end": (Outage(from_us=NOW_US - 10), True),
    "has no end, and is to come": (Outage(from_us=NOW_US + 1), False),
}
REFRESH = Act("refresh", 0, ("/orders/{order}/", ["income"], None, {}))


def provider(*, kind: str = "oauth", down: bool = False, habit: str = "never") -> Provider:
    """Return a provider."""
    outages = [Outage(from_us=NOW_US)] if down else []
    return Provider(id="p", name="P", kind=kind, outages=outages, second_factor=habit)


@pytest.mark.parametrize(("outage", "expected"), OUTAGES.values(), ids=OUTAGES)
def test_an_outage_is_half_open(outage: Outage, expected: bool) -> None:
    """A provider is down from the first instant of an outage to just before its last one."""
    assert is_down(Provider(id="p", name="P", outages=[outage]), NOW_US) is expected


def test_any_outage_of_several_counts() -> None:
    """A provider is down when any of its outages is under way; with none it never is."""
    inside, outside = OUTAGES["has no end"][0], OUTAGES["begins an instant later"][0]
    assert is_down(Provider(id="p", name="P", outages=[outside, inside]), NOW_US)
    assert not is_down(Provider(id="p", name="P", outages=[outside, outside]), NOW_US)
    assert not is_down(Provider(id="p", name="P"), NOW_US)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("kind", ["oauth", "credentials"])
@pytest.mark.parametrize("broken_as", [S.ERROR, S.UNABLE_TO_RESET, S.NOT_SUPPORTED])
def test_a_refresh_ends_as_its_causes_say(broken_as: S, kind: str, habit: str, down: bool) -> None:
    """Each cause has its ending; of several the first of the list counts; with none the login holds."""
    combinations = 0
    flags = product((False, True), repeat=4)
    for locked, foreign, broken, changed in flags:
        for expires_us, has_records in product((None, NOW_US + 1, NOW_US, NOW_US - 1), (False, True)):
            connection = Connection(
                kind=kind, logged_in_us=0, expires_us=expires_us, second_factor=habit, locked=locked,
                organisation_ok=not foreign, broken=broken, credentials_at_provider=2 if changed else 1,
                has_records=has_records, broken_as=broken_as.value,
            )  # fmt: skip
            over = expires_us is not None and expires_us <= NOW_US
            wants_code = habit == "new_session" and kind == "credentials"
            causes = [
                (down, S.UNAVAILABLE),
                (locked, S.ACCOUNT_LOCKED),
                (foreign, S.CONFIG_ERROR),
                (broken, broken_as),
                (changed, S.LOGIN_ERROR),
                (habit == "always", S.MFA_ERROR),
                (over and wants_code, S.MFA_ERROR),
                (over, S.LOGIN_ERROR),
            ]
            expected = next((ending for holds, ending in causes if holds), S.LOGIN)
            assert judge_refresh(connection, provider(kind=kind, down=down), NOW_US) is expected, connection
            combinations += 1
    assert combinations == 128


@pytest.mark.parametrize("code", ["right", "wrong", "missing"])
@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("known", ["first login", "repair"])
def test_a_login_ends_as_its_causes_say(known: str, habit: str, code: str) -> None:
    """Each cause has its ending; what broke a connection (session, password, records) is none: it is repaired."""
    for down, wanted, person, asks, locked, foreign, broken, gone in product(
        (False, True), (None, "no_data", "error"), (None, "somebody"), (False, True), (False, True), (False, True),
        (False, True), (False, True),
    ):  # fmt: skip
        connection = None
        if known == "repair":
            connection = Connection(
                kind="oauth", logged_in_us=0, expires_us=NOW_US - 1 if gone else None, second_factor=habit,
                locked=locked, organisation_ok=not foreign, credentials_at_provider=2 if gone else 1,
                has_records=not gone, broken=broken,
            )  # fmt: skip
        # a connection has its own habit: the provider's is for first logins only
        its = provider(down=down, habit="never" if connection else habit)
        login = Login(username="u", person=person, wanted_status=wanted, asks_code=asks, code=code)
        asked = asks or habit != "never"
        causes = [
            (down, S.UNAVAILABLE),
            (wanted == "no_data", S.NO_DATA),
            (wanted == "error", S.ERROR),
            (person is None, S.LOGIN_ERROR),
            (locked and connection is not None, S.ACCOUNT_LOCKED),
            (foreign and connection is not None, S.CONFIG_ERROR),
            (broken and connection is not None, S.ERROR),
            (asked and code != "right", S.MFA_ERROR),
        ]
        expected = next((ending for holds, ending in causes if holds), S.LOGIN)
        assert judge_login(login, connection, its, NOW_US) is expected
        assert asks_code(login, connection, its) is asked


CAUSES: dict[str, tuple[dict[str, object], dict[str, object], S, list[S]]] = {
    "nothing": ({}, {}, S.DONE, [S.PARSE, S.FULL_PARSE]),
    "session over": ({"session_ended": True}, {}, S.LOGIN_ERROR, []),
    "session over, a code wanted": ({"session_ended": True, "second_factor": "new_session"}, {}, S.LOGIN_ERROR, []),
    "a code always": ({"second_factor": "always"}, {}, S.MFA_ERROR, [S.MFA]),
    "credentials changed": ({"credentials_changed": True}, {}, S.LOGIN_ERROR, []),
    "locked": ({"locked": True}, {}, S.ACCOUNT_LOCKED, []),
    "wrong organisation": ({"organisation_ok": False}, {}, S.CONFIG_ERROR, []),
    "no records": ({"has_records": False}, {}, S.NO_DATA, [S.PARSE]),
    "anything else": ({"broken": True}, {}, S.ERROR, []),
    "provider down": ({}, {"down": True}, S.UNAVAILABLE, []),
}


@pytest.mark.parametrize(("connection", "outside", "ending", "between"), CAUSES.values(), ids=CAUSES)
def test_the_world_ends_a_refresh_so(
    connection: dict[str, object], outside: dict[str, object], ending: S, between: list[S]
) -> None:
    """In a whole world each cause leads a refresh to its ending, by the documented stages."""
    story = connected()
    for act in (
        Act("change", 0, ("connection", connection)),
        Act("change", 0, ("provider", outside)),
        REFRESH,
        Act("clock", 0, 60 * SECOND_US),
    ):
        story.perform(act)
    task = list(story.world.state.tasks.values())[-1]
    assert task.is_refresh
    assert task.path == [S.NEW, S.LOGIN, *between, ending]


@pytest.mark.parametrize(("early_us", "ending"), [(1, S.DONE), (0, S.LOGIN_ERROR)])
def test_a_grant_holds_until_its_end(early_us: int, ending: S) -> None:
    """A refresh whose login falls an instant before the end of the grant is done; one that falls on it fails."""
    story = connected()
    (link,) = story.world.state.links.values()
    end_us = link.connection.expires_us
    assert end_us is not None
    assert end_us - link.connection.logged_in_us == 180 * DAY_US, text_z(end_us)
    login_after_us = 3 * SECOND_US
    story.advance(end_us - early_us - login_after_us - story.world.now_us)
    story.perform(REFRESH)
    story.advance(60 * SECOND_US)
    task = list(story.world.state.tasks.values())[-1]
    assert task.is_refresh
    assert task.status is ending


def test_a_login_starts_the_grant_anew() -> None:
    """After a failed refresh a new login repairs the same link, and the grant's 180 days count from that login."""
    story = connected()
    (link,) = story.world.state.links.values()
    story.advance(200 * DAY_US)
    for act in (
        Act("change", 0, ("connection", {"credentials_changed": True})),
        Act("update_mode", 0, "income"),
        Act("bridge", 0, (GOOD, None, None)),
    ):
        story.perform(act)
    assert list(story.world.state.links) == [link.id]
    assert link.connection.expires_us == story.world.now_us + 180 * DAY_US
    story.advance(60 * SECOND_US)
    story.perform(REFRESH)
    story.advance(60 * SECOND_US)
    assert list(story.world.state.tasks.values())[-1].status is S.DONE


def connected() -> Story:
    """Return a world in which one person has connected one account."""
    story = Story(Plan(0, ()))
    for act in (ORDER, Act("bridge", 0, (GOOD, None, None)), Act("clock", 0, 60 * SECOND_US)):
        story.perform(act)
    assert [task.status for task in story.world.state.tasks.values()] == [S.DONE]
    return story
