"""A history as a short story: who did what, when, as far as it bears on one breach.

What follows at the same instant from a line is told in it: the webhooks that tell of an ending, the state then shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mock_truv.contract.operations import Happened, Hook, Logged, Message, Sent, Shown
from mock_truv.contract.telling.moments import Moment, cases_of_breach, is_ending, moment_of, shown_text, went_well
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.contract.clause import Breach
    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Op

TOLD_WITHIN_US = 10 * SECOND_US
"""A webhook that comes later than so long after an ending is news of its own."""
FULL_LINE = 100
"""Nothing is told in a line that is longer."""
BLOCK_MAX = 6
"""Lines that may repeat together."""
ALIKE_MIN = 4
"""So many blocks of lines that differ in ids only are told by the first and the last of them."""
_NAME = re.compile(r"\b(?:[0-9a-f]{8}|case-\d+|client-\d+|after [\d.]+ (?:s|min|h))\b")


def story_of(history: History, breach: Breach) -> list[Moment]:
    """Return the moments that lead to a breach: its evidence, and what was written, told, sent and shown before."""
    teller = _Teller(history, breach)
    for op in history.ops:
        if teller.is_over(op):
            break
        teller.take(op)
    moments = abridged(teller.moments)
    last_us = max([breach.at_us - history.start_us, *(moment.at_us for moment in moments)])
    moments.append(Moment(last_us, "clock", "clock", "here the clause is broken"))
    return moments


def duration_text(duration_us: int) -> str:
    """Return a virtual time such as ``2 d 03:15:08``."""
    days, rest = divmod(duration_us, DAY_US)
    text = f"{rest // HOUR_US:02}:{rest % HOUR_US // MINUTE_US:02}:{rest % MINUTE_US // SECOND_US:02}"
    return f"{days} d {text}" if days else text


def story_lines(moments: Iterable[Moment]) -> Iterator[str]:
    """Yield a story as lines of text."""
    for moment in moments:
        mark = "▸" if moment.is_evidence else " "
        times = f"  ({moment.times} times)" if moment.times > 1 else ""
        yield f"{mark} +{duration_text(moment.at_us):>12}  {moment.who:<10} {moment.text}{times}"


class _Teller:
    """Makes lines of operations, one after the other."""

    def __init__(self, history: History, breach: Breach) -> None:
        self.moments: list[Moment] = []
        self._history = history
        self._case_ids = cases_of_breach(history, breach)
        self._evidence = {op.seq for op in breach.ops}
        self._what = f"{breach.what} {breach.expected}"
        self._last_us = max([breach.at_us, *(op.at_us for op in breach.ops)])
        last = max(breach.ops, key=lambda op: op.seq, default=None)
        done = isinstance(last, Sent | Message | Shown | Logged) and last.at_us >= breach.at_us
        self._last_seq = last.seq if done and last is not None else None
        """The integrator's own deed by which the clause is broken; what follows from it is no part of the story."""
        self._shown: dict[str, str] = {}
        self._ending: Happened | None = None
        """The ending that the last line is about."""
        self._told = self._lost = 0
        """Webhooks that told of it, and that were lost."""

    def is_over(self, op: Op) -> bool:
        """Return whether an operation comes after the breach."""
        return op.at_us > self._last_us or (self._last_seq is not None and op.seq > self._last_seq)

    def take(self, op: Op) -> None:
        """Tell of an operation, in a line of its own or in the line before."""
        if isinstance(op, Happened) and (op.name, op.status) == ("webhook", "lost"):
            self._hooks(lost=1)
            return
        is_evidence = op.seq in self._evidence
        moment = moment_of(self._history, op, self._case_ids, is_evidence=is_evidence, breach_text=self._what)
        if moment is None or (isinstance(op, Shown) and not self._is_news(op, is_evidence=is_evidence)):
            return
        before = self.moments[-1] if self.moments else None
        again = before is not None and (before.text, before.who) == (moment.text, moment.who)
        if before is not None and again and (before.is_evidence == is_evidence or before.at_us == moment.at_us):
            marked = before.is_evidence or is_evidence
            self.moments[-1] = replace(before, times=before.times + 1, is_evidence=marked)
        elif before is None or is_evidence or not self._add(before, moment, op):
            self.moments.append(moment)
            self._ending = op if isinstance(op, Happened) and is_ending(op) else None
            self._told = self._lost = 0

    def _is_news(self, op: Shown, *, is_evidence: bool) -> bool:
        """Return whether a case is shown otherwise than the story has it; that it is idle before all is no news."""
        text, before = shown_text(op), self._shown.get(op.view.case_id)
        self._shown[op.view.case_id] = text
        return is_evidence or (text != before and (before is not None or op.view.state != "IDLE"))

    def _add(self, before: Moment, moment: Moment, op: Op) -> bool:
        """Tell of something in the line before, where it belongs to that; return whether it does."""
        if isinstance(op, Hook) and self._ending is not None and self._tells(op, self._ending):
            self._hooks(told=1)
            return True
        fits = before.at_us == moment.at_us and before.times == 1 and len(before.text) <= FULL_LINE
        if isinstance(op, Shown) and fits:
            self.moments[-1] = replace(before, text=f"{before.text}; {shown_text(op).replace(' as ', ' is ', 1)}")
            self._ending = None
            return True
        return False

    def _hooks(self, told: int = 0, lost: int = 0) -> None:
        """Tell in the line of an ending how many webhooks told of it."""
        if self._ending is None:
            return
        self._told, self._lost = self._told + told, self._lost + lost
        text = self.moments[-1].text.partition(" [")[0]
        parts = [f"{number} {what}" for number, what in ((self._told, "accepted"), (self._lost, "lost")) if number]
        self.moments[-1] = replace(self.moments[-1], text=f"{text} [webhooks: {', '.join(parts)}]")

    def _tells(self, op: Hook, ending: Happened) -> bool:
        """Return whether a webhook tells, in time and as it should, of an ending."""
        link = op.event.get("link_id")
        return went_well(op) and op.at_us - ending.at_us <= TOLD_WITHIN_US and link in {None, ending.link_id}


def abridged(moments: list[Moment]) -> list[Moment]:
    """Return a story in which lines that come again and again, but for ids, are told by the first and the last."""
    masks = [(moment.who, _NAME.sub("…", moment.text)) for moment in moments]
    told: list[Moment] = []
    number = 0
    while number < len(moments):
        size, times = max(((size, _repeats(masks, number, size)) for size in range(1, BLOCK_MAX + 1)),
                          key=lambda it: ((it[1] >= ALIKE_MIN) * it[0] * it[1], -it[0]))  # fmt: skip
        if times < ALIKE_MIN:
            told.append(moments[number])
            number += 1
            continue
        last = number + size * (times - 1)
        hidden = moments[number + size : last]
        text = f"… and {times - 2} more like it" if size == 1 else f"… these {size} lines {times - 2} times more"
        marked = any(each.is_evidence for each in hidden)
        told += moments[number : number + size]
        told.append(Moment(hidden[0].at_us, hidden[0].who, hidden[0].who, text, is_evidence=marked))
        told += moments[last : last + size]
        number = last + size
    return told


def _repeats(masks: list[tuple[str, str]], start: int, size: int) -> int:
    """Return how often the block of lines that starts somewhere stands there one after the other."""
    block, times = masks[start : start + size], 1
    while masks[start + size * times : start + size * (times + 1)] == block:
        times += 1
    return times
