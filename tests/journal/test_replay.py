"""A journal is the truth: carried out again it gives the same world, and whatever is wrong with it is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.commands import Delivered, MoveClock, Step
from mock_truv.core.instants import SECOND_US
from mock_truv.journal.entries import Entry, JournalError, Opening, entry_chain
from mock_truv.journal.journal import Journal
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World
from tests.worlds import ORDER, Act, Plan, Reply, Story, plans

MANY = settings(max_examples=100, deadline=None)
FEWER = settings(max_examples=30, deadline=None)

LOGIN = Act("bridge", 0, (("goodlogin", "goodpassword", None), None, None))
REFRESH = Act("refresh", 0, ("/orders/{order}/", ["income"], None, {}))
FAILING = Plan(
    seed=1,
    acts=(ORDER, LOGIN, Act("clock", 0, 40 * SECOND_US), REFRESH, REFRESH, Act("clock", 0, 200 * SECOND_US)),
    replies=(Reply(500, REFRESH), Reply(200, Act("read", 0, ("/orders/{order}/", ""))), Reply(None), Reply(200)),
)
"""A refresh from within a callback, failed deliveries and their retries."""


def written(plan: Plan) -> tuple[Story, list[bytes]]:
    """Return a story carried out to its end, and the lines of its journal."""
    lines: list[bytes] = []
    story = Story(plan, write=lambda item: lines.append(msgspec.json.encode(item) + b"\n"))
    return story.run(), lines


def entry_of(line: bytes) -> Entry:
    """Return the entry that a line holds."""
    return msgspec.json.decode(line, type=Entry)


def rechained(lines: list[bytes], start: int, *changed: Entry) -> list[bytes]:
    """Return the lines with the entries from line ``start`` on replaced, and all chain values made right again."""
    following = [*changed, *(entry_of(line) for line in lines[start + len(changed) :])]
    chain = entry_of(lines[start - 1]).chain
    made = lines[:start]
    for entry in following:
        chain = entry_chain(chain, entry.seq, entry.at_us, entry.step, entry.command, entry.digest)
        made.append(msgspec.json.encode(msgspec.structs.replace(entry, chain=chain)) + b"\n")
    return made


@MANY
@given(plans())
def test_a_replay_rebuilds_the_world(plan: Plan) -> None:
    """Carrying out a journal again gives the same state, the same chain and every webhook's bytes in the same order."""
    story, lines = written(plan)
    replayed = replay(lines, load_catalog())
    assert replayed.difference is None, str(replayed.difference)
    again = replayed.journals["story"]
    assert not replayed.torn
    assert again.world.digest() == story.world.digest()
    assert again.world.snapshot() == story.world.snapshot()
    assert (again.chain, again.seq) == (story.journal.chain, story.journal.seq)
    assert replayed.sent == story.sent
    assert [record.entry for record in again.records] == [record.entry for record in story.journal.records]
    assert [record.events for record in again.records] == [record.events for record in story.journal.records]


def test_callbacks_replay_in_their_place() -> None:
    """What a receiver does before it answers stands between the step that sent the webhook and its outcome."""
    story, lines = written(FAILING)
    commands = [record.entry.command for record in story.journal.records]
    first = next(at for at, command in enumerate(commands) if isinstance(command, Delivered))
    assert isinstance(commands[first - 2], Step)
    assert not isinstance(commands[first - 1], Step), "the callback stands in between"
    assert any(isinstance(command, MoveClock) for command in commands)
    attempts = [len(each.attempts) for each in story.world.state.deliveries.values()]
    assert max(attempts) > 1, "some webhook was retried"
    replayed = replay(lines, load_catalog())
    assert replayed.difference is None
    assert replayed.sent == story.sent
    assert replayed.journals["story"].world.digest() == story.world.digest()


@FEWER
@given(plans(), st.data())
def test_until_stops_after_an_entry(plan: Plan, data: st.DataObject) -> None:
    """``until`` rebuilds the world as it was after that entry, with the webhooks sent so far."""
    story, lines = written(plan)
    until = data.draw(st.integers(0, story.journal.seq))
    part = replay(lines, load_catalog(), until=until)
    assert part.difference is None
    assert part.journals["story"].seq == until
    assert part.sent == story.sent[: len(part.sent)]
    stopped = replay(lines[: until + 1], load_catalog())
    assert stopped.journals["story"].world.digest() == part.journals["story"].world.digest()
    assert stopped.sent == part.sent


@FEWER
@given(plans(), st.data())
def test_a_changed_line_is_named(plan: Plan, data: st.DataObject) -> None:
    """A line that was altered, removed, doubled or swapped with its neighbour is reported with its entry number."""
    _, lines = written(plan)
    at = data.draw(st.integers(1, len(lines) - 2), "line")
    entry = entry_of(lines[at])
    assert entry.seq == at, "line 0 is the opening"
    how = data.draw(st.sampled_from(("digest", "command", "at_us", "step", "chain", "remove", "double", "swap")))
    changed = list(lines)
    if how == "remove":
        del changed[at]
    elif how == "double":
        changed.insert(at, lines[at])
        at += 1
    elif how == "swap":
        changed[at], changed[at + 1] = changed[at + 1], changed[at]
    else:
        other = {"digest": "0" * 32, "command": MoveClock(1), "at_us": entry.at_us + 1, "step": entry.step + 1,
                 "chain": "0" * 32}[how]  # fmt: skip
        changed[at] = msgspec.json.encode(msgspec.structs.replace(entry, **{how: other})) + b"\n"
    difference = replay(changed, load_catalog()).difference
    assert difference is not None, f"nobody noticed: {how}"
    expected = {"remove": at + 1, "double": at - 1, "swap": at + 1}.get(how, at)
    assert difference.seq == expected
    assert str(difference.seq) in str(difference)
    assert difference.sandbox == "story"


@FEWER
@given(plans(), st.data())
def test_a_forged_outcome_is_named(plan: Plan, data: st.DataObject) -> None:
    """An entry whose digest is not what its command leads to is found even when the whole chain was made to fit."""
    _, lines = written(plan)
    at = data.draw(st.integers(2, len(lines) - 1), "line")
    forged = msgspec.structs.replace(entry_of(lines[at]), digest="0" * 32)
    difference = replay(rechained(lines, at, forged), load_catalog()).difference
    assert difference is not None
    assert difference.seq == at
    assert "outcome differs" in difference.what


def test_a_forged_instant_is_named() -> None:
    """An entry that is said to have happened at another instant or after other steps is found, chain or no chain."""
    _, lines = written(FAILING)
    at = next(at for at, line in enumerate(lines) if at > 1 and isinstance(entry_of(line).command, Step))
    entry = entry_of(lines[at])
    for forged in (
        msgspec.structs.replace(entry, at_us=entry.at_us + 1),
        msgspec.structs.replace(entry, step=entry.step + 1),
    ):
        difference = replay(rechained(lines, at, forged), load_catalog()).difference
        assert difference is not None
        assert difference.seq == at


def test_a_forged_command_is_named() -> None:
    """A command that was replaced by another one is found by what it leads to, even when the chain was made to fit."""
    _, lines = written(FAILING)
    at = next(at for at, line in enumerate(lines) if at > 1 and isinstance(entry_of(line).command, Delivered))
    entry = entry_of(lines[at])
    assert isinstance(entry.command, Delivered)
    forged = msgspec.structs.replace(entry, command=msgspec.structs.replace(entry.command, status_code=404))
    difference = replay(rechained(lines, at, forged), load_catalog()).difference
    assert difference is not None
    assert difference.seq == at


def test_a_missing_entry_is_named_however_it_was_hidden() -> None:
    """An entry that changed nothing and was taken out is missed by its number, even when the chain was made to fit."""
    _, lines = written(FAILING)
    at = next(at for at, line in enumerate(lines) if at > 1 and b'"method":"GET"' in line)
    difference = replay(rechained([*lines[:at], *lines[at + 1 :]], at), load_catalog()).difference
    assert difference is not None
    assert difference.seq == at + 1
    assert f"entry {at} should stand here" in difference.what


def test_the_chain_covers_every_part_of_an_entry() -> None:
    """Another value of anything in an entry, or another entry before it, gives another chain value."""
    parts: dict[str, Any] = {"before": "a", "seq": 1, "at_us": 2, "step": 3, "command": MoveClock(4), "digest": "b"}
    others = {"before": "c", "seq": 5, "at_us": 6, "step": 7, "command": MoveClock(8), "digest": "d"}
    chains = {entry_chain(**parts), *(entry_chain(**{**parts, name: other}) for name, other in others.items())}
    assert len(chains) == len(parts) + 1


@pytest.mark.parametrize("field", ["seed", "base_seed", "engine", "clock", "client_id", "started_us"])
def test_the_opening_is_part_of_the_chain(field: str) -> None:
    """A changed opening is noticed at the first entry, also where the world does not depend on what was changed."""
    _, lines = written(FAILING)
    opening = msgspec.json.decode(lines[0], type=Opening)
    value = getattr(opening, field)
    changed = msgspec.structs.replace(opening, **{field: value + 1 if isinstance(value, int) else "0" * 64})
    difference = replay([msgspec.json.encode(changed), *lines[1:]], load_catalog()).difference
    assert difference is not None
    assert difference.seq == 1


@pytest.mark.parametrize("field", ["format", "catalog"])
def test_a_journal_of_another_world_is_refused(field: str) -> None:
    """A journal of another format or of other fixtures is refused with a sentence, not replayed."""
    _, lines = written(Plan(0, ()))
    other = {"format": 999, "catalog": "0" * 64}[field]
    opening = msgspec.structs.replace(msgspec.json.decode(lines[0], type=Opening), **{field: other})
    with pytest.raises(JournalError, match=r"format|fixtures"):
        replay([msgspec.json.encode(opening) + b"\n", *lines[1:]], load_catalog())


@FEWER
@given(plans(most=4), st.data())
def test_a_torn_last_line_is_left_out(plan: Plan, data: st.DataObject) -> None:
    """A last line that a crash cut off, wherever, is left out and said so; everything before it is rebuilt."""
    story, lines = written(plan)
    keep = data.draw(st.integers(1, len(lines[-1]) - 1), "bytes of the last line")
    replayed = replay([*lines[:-1], lines[-1][:keep]], load_catalog())
    assert replayed.torn
    assert replayed.difference is None
    assert replayed.journals["story"].seq == story.journal.seq - 1
    whole = replay(lines[:-1], load_catalog())
    assert not whole.torn
    assert replayed.journals["story"].world.digest() == whole.journals["story"].world.digest()


def test_a_torn_line_in_the_middle_is_no_crash_of_ours() -> None:
    """A line that cannot be read anywhere but at the end is an error that names the line."""
    _, lines = written(Plan(0, ()))
    with pytest.raises(JournalError, match="line 2 "):
        replay([lines[0], lines[1][:20] + b"\n", *lines[2:]], load_catalog())


def test_sandboxes_of_one_file_are_told_apart() -> None:
    """Lines of several sandboxes in one file replay each to its own world, or only the one that is asked for."""
    stories: dict[str, Story] = {}
    lines: list[bytes] = []
    for name in ("one", "two"):
        story, own = written(Plan(seed=len(stories), acts=FAILING.acts))
        stories[name] = story
        renamed = [line.replace(b'"sandbox":"story"', f'"sandbox":"{name}"'.encode()) for line in own]
        opening = msgspec.json.decode(renamed[0], type=Opening)
        journal = Journal(World.new(opening.seed, load_catalog(), now_us=opening.started_us), opening)
        entries = []
        for line in renamed[1:]:
            entry = entry_of(line)
            at_us = None if isinstance(entry.command, Step | MoveClock) else entry.at_us
            journal.handle(entry.command, at_us)
            entries.append(msgspec.json.encode(journal.records[-1].entry) + b"\n")
        lines = [renamed[0], *lines, *entries] if lines else [renamed[0], *entries]
    both = replay(lines, load_catalog())
    assert both.difference is None
    for name, story in stories.items():
        assert both.journals[name].world.digest() == story.world.digest()
    alone = replay(lines, load_catalog(), sandbox="two")
    assert list(alone.journals) == ["two"]
    assert alone.journals["two"].world.digest() == stories["two"].world.digest()
    with pytest.raises(JournalError, match="three"):
        replay(lines, load_catalog(), sandbox="three")


@MANY
@given(plans(), st.integers(2, 40))
def test_folding_loses_no_entry_that_it_promises(plan: Plan, limit: int) -> None:
    """A journal with a small limit stays small, answers ``after`` rightly, and snapshot and rest rebuild the world."""
    story = Story(plan, limit=limit).run()
    whole = [record.entry for record in Story(plan).run().journal.records]
    journal = story.journal
    assert len(journal.records) <= limit + 1
    assert journal.seq == len(whole)
    assert journal.folded_until + len(journal.records) == journal.seq
    assert (journal.snapshot is None) == (journal.folded_until == 0)
    for seq in (0, journal.folded_until, journal.folded_until + 1, journal.seq - 1, journal.seq, journal.seq + 5):
        found = [record.entry for record in journal.after(seq, 10)]
        first = max(seq, journal.folded_until)
        assert found == whole[first : first + 10]
    if journal.snapshot is None:
        return
    world = World.restore(journal.snapshot, load_catalog())
    for record in journal.records:
        command = record.entry.command
        if not isinstance(command, Step | MoveClock) and record.entry.at_us > world.now_us:
            world.move_clock(record.entry.at_us)
        assert world.handle(command).digest() == record.entry.digest
    assert world.digest() == story.world.digest()


@MANY
@given(plans())
def test_a_snapshot_is_the_whole_world(plan: Plan) -> None:
    """A world that was encoded and decoded is the same world: equal digest, and it goes on in the same way."""
    story = Story(plan).run()
    restored = World.restore(story.world.snapshot(), load_catalog())
    assert restored.digest() == story.world.digest()
    assert restored.state == story.world.state
    while story.world.next_due_us() is not None:
        assert restored.next_due_us() == story.world.next_due_us()
        assert restored.step() == story.world.step()
    assert restored.digest() == story.world.digest()
