"""The table of task statuses, walked; and the world, which moves tasks only along it."""

from __future__ import annotations

from itertools import pairwise, product

import msgspec
import pytest

from mock_truv.core import progress
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import EIGHTHS, ERRORS, FINAL, MESSAGES, NEXT, IllegalMoveError, check_move
from tests.worlds import GOOD, ORDER, Act, Plan, Story

LEGAL = [(current, following) for current in TaskStatus for following in TaskStatus if following in NEXT[current]]
ILLEGAL = [pair for pair in product(TaskStatus, TaskStatus) if pair not in LEGAL]


def test_the_table_knows_every_status() -> None:
    """Every status has a row, and final are exactly the statuses with an empty one."""
    assert sorted(NEXT) == sorted(TaskStatus)
    empty = {status for status, following in NEXT.items() if not following}
    assert empty == FINAL
    assert sorted(FINAL) == sorted([*ERRORS, TaskStatus.DONE])


def test_the_documented_walks_are_legal() -> None:
    """The walks of the task lifecycle page are in the table, and nothing leads back or past a stage."""
    for walk in ("new login parse full_parse done", "new login mfa parse full_parse done",
                 "new login switch_deposit done", "new login mfa switch_deposit done"):  # fmt: skip
        stages = [TaskStatus(word) for word in walk.split()]
        for current, following in pairwise(stages):
            check_move(current, following)
    assert len([pair for pair in LEGAL if pair[1] not in ERRORS]) == 9
    assert len(LEGAL) == 9 + 6 * len(ERRORS)


@pytest.mark.parametrize("status", sorted(set(TaskStatus) - FINAL))
def test_every_running_status_can_end_well_and_badly(status: TaskStatus) -> None:
    """From every running status ``done`` can be reached, and every error in one step; nothing goes in rings."""
    reached, edge = {status}, {status}
    while edge:
        edge = {following for current in edge for following in NEXT[current]} - reached
        reached |= edge
    assert TaskStatus.DONE in reached
    assert NEXT[status] >= ERRORS
    assert status not in {following for current in reached for following in NEXT[current]}


@pytest.mark.parametrize("status", sorted(set(TaskStatus) - FINAL))
def test_a_running_status_lasts(status: TaskStatus) -> None:
    """Every status that is not final has a duration above zero, and no final one has any."""
    assert EIGHTHS[status] > 0
    assert not set(EIGHTHS) & FINAL


def test_a_plain_refresh_takes_the_whole_time_of_its_provider() -> None:
    """The stages of a walk without second factor add up to eight eighths."""
    walk = (TaskStatus.NEW, TaskStatus.LOGIN, TaskStatus.PARSE, TaskStatus.FULL_PARSE)
    assert sum(EIGHTHS[status] for status in walk) == 8


def test_every_error_has_a_message_and_nothing_else_has() -> None:
    """``error_message`` is there for each error status, and null for all others."""
    assert set(MESSAGES) == set(ERRORS)
    assert all(MESSAGES.values())


@pytest.mark.parametrize(("current", "following"), LEGAL)
def test_a_legal_move_passes(current: TaskStatus, following: TaskStatus) -> None:
    """A move along the table is let through."""
    check_move(current, following)


@pytest.mark.parametrize(("current", "following"), ILLEGAL)
def test_an_illegal_move_raises(current: TaskStatus, following: TaskStatus) -> None:
    """A move that the table does not have raises and names both statuses."""
    with pytest.raises(IllegalMoveError, match=f"from {current} to {following}"):
        check_move(current, following)


@pytest.mark.parametrize("following", sorted(set(TaskStatus) - NEXT[TaskStatus.LOGIN]))
def test_an_illegal_move_changes_nothing(following: TaskStatus) -> None:
    """A world that is told to make an illegal move raises and stays exactly as it was, webhooks included."""
    story = Story(Plan(0, ()))
    for act in (ORDER, Act("bridge", 0, (GOOD, None, None)), Act("clock", 0, 2 * SECOND_US)):
        story.perform(act)
    world = story.world
    (task,) = world.state.tasks.values()
    assert task.status is TaskStatus.LOGIN
    before = msgspec.to_builtins(world.state)
    with pytest.raises(IllegalMoveError):
        progress._enter(world, task, following)
    assert msgspec.to_builtins(world.state) == before
    assert not world.events
    assert not world.effects


@pytest.mark.parametrize("status", sorted(ERRORS))
def test_every_error_of_the_test_logins_is_reached(status: TaskStatus) -> None:
    """``error.user`` with a status as password ends in that status, along the table, with its message."""
    story = Story(Plan(0, ()))
    for act in (ORDER, Act("bridge", 0, (("error.user", str(status), None), None, None))):
        story.perform(act)
    story.advance(60 * SECOND_US)
    (task,) = story.world.state.tasks.values()
    assert task.status is status
    assert task.error_message == MESSAGES[status]
    assert task.path[:2] == [TaskStatus.NEW, TaskStatus.LOGIN]
    for current, following in pairwise(task.path):
        check_move(current, following)
