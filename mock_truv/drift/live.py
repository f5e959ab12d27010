"""A run of the probes against a service, and what its answers do differently from our description."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.drift.answers import Judge
from mock_truv.drift.client import Answer, Client, Stopped
from mock_truv.drift.descriptions import Described, Description, is_json, key_of
from mock_truv.drift.difference import NOTHING, Difference, Gathered
from mock_truv.drift.probes import KNOWN, PROBES, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mock_truv.drift.descriptions import Content
    from mock_truv.drift.probes import Group


NO_JSON = object()
ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class KeysRefusedError(Exception):
    """The service does not know the keys."""


class UnreachableError(Exception):
    """The very first request had no answer; the message says why."""


@dataclass
class Probed:
    """What a run found."""

    differences: list[Difference] = field(default_factory=list)
    looked_at: dict[str, None] = field(default_factory=dict)
    """Operations that were answered, by name."""
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None

    def redacted(self, redact: Callable[[str], str]) -> Probed:
        """Return the same without words that must not be shown, wherever the service put them."""
        return Probed(
            [
                replace(it, place=redact(it.place), here=redact(it.here), there=redact(it.there))
                for it in self.differences
            ],
            self.looked_at,
            [redact(note) for note in self.notes],
            None if self.stopped is None else redact(self.stopped),
        )


def probe(ours: Description, client: Client, groups: Collection[Group], probes: Sequence[Probe] = PROBES) -> Probed:
    """Send all probes of some groups, take back what they made, and return what was found.

    Raises:
        KeysRefusedError: The first answer is 401 or 403.
        UnreachableError: There is no first answer.
    """
    run = _Run(ours, client)
    try:
        for each in probes:
            if each.group in groups:
                run.ask(each)
    except Stopped as error:
        if not run.found.looked_at and not error.asked:
            raise UnreachableError(str(error)) from None
        run.stop(error)
    finally:
        run.end()
    return run.found


class _Run:
    def __init__(self, ours: Description, client: Client) -> None:
        self._ours, self._client = ours, client
        self._names: dict[str, str] = dict(KNOWN)
        self._made: dict[tuple[str, str], None] = {}
        """Requests that take back what was made and is still there."""
        self._skipped: dict[str, str] = {}
        """Operations that were not looked at, and why."""
        self._silent = False
        """Whether the service asked us to be quiet: then nothing is sent any more, not even to take back."""
        self.found = Probed()

    def stop(self, error: Stopped) -> None:
        """Write down why the run ends."""
        self.found.stopped = str(error)
        self._silent = self._silent or error.asked

    def ask(self, it: Probe) -> None:
        """Send a probe, if all names that it needs are known, and judge the answer."""
        operation = self._ours.operations[key_of(it.method, it.path)]
        if missing := sorted(it.needs() - self._names.keys()):
            self._skipped.setdefault(operation.name, f"there is no {missing[0].replace('_', ' ')}")
            return
        path = self._filled(it.path)
        try:
            answer = self._client.send(it.method, path, query=it.query, body=it.body, keys=it.keys)
        except Stopped:
            if it.undo:
                self.found.notes.append(f"perhaps left behind: what {operation.name} may have made")
            raise
        if not self.found.looked_at and it.keys and answer.status in {401, 403}:
            raise KeysRefusedError
        self.found.looked_at[operation.name] = None
        if answer.status < 300 or answer.status == 404:
            self._made.pop((it.method, path), None)
        self._judge(it, operation, answer)

    def end(self) -> None:
        """Take back what was made, and say what was not looked at."""
        self._take_back()
        self.found.notes += [
            f"not looked at: {name} ({why})" for name, why in self._skipped.items() if name not in self.found.looked_at
        ]
        self.found.differences = sorted(set(self.found.differences))

    def _take_back(self) -> None:
        """Delete what is still there; what cannot be deleted is named."""
        for method, path in reversed(self._made):
            done = False
            if not self._silent:
                try:
                    done = self._client.send(method, path).status < 300
                except Stopped as error:
                    self.stop(error)
                    self._silent = True
            if not done:
                self.found.notes.append(f"left behind: {method} /v1{path} takes it back")
        self._made.clear()

    def _judge(self, it: Probe, operation: Described, answer: Answer) -> None:
        gathered = Gathered(operation)
        expected = {str(it.expects)} if it.expects is not None else set(operation.good())
        status = str(answer.status)
        is_good = 200 <= answer.status < 300
        value = _decoded(answer)
        if answer.status in it.refusals:
            self.found.notes.append(f"refused: {operation.name} ({status})")
            if status in operation.answers:
                self._body(status, operation, answer, value, gathered)
        elif status in expected:
            self._body(status, operation, answer, value, gathered)
        else:
            gathered.add("differs", "status", "", " or ".join(sorted(expected)), status, operation.origin)
            if is_good and it.expects is None:
                self._body(min(expected), operation, answer, value, gathered)
        if is_good:
            self._learn(it, operation, value)
        elif it.undo and answer.status >= 500:
            self.found.notes.append(f"perhaps left behind: what {operation.name} may have made")
        self.found.differences += gathered.all()

    def _body(self, place: str, operation: Described, answer: Answer, value: Any, gathered: Gathered) -> None:
        """Judge the body of an answer; the differences stand under the status that we describe."""
        described: Content | None = operation.answers[place]
        origin = operation.origin
        if described is None:
            if answer.body:
                gathered.add("missing here", "answer", place, NOTHING, answer.media_type, origin)
        elif not answer.body:
            gathered.add("not in theirs", "answer", place, described.media_type, NOTHING, origin)
        else:
            if not is_json(answer.media_type):
                gathered.add("differs", "content type", place, described.media_type, answer.media_type, origin)
            elif value is NO_JSON:
                gathered.add("differs", "answer", place, "JSON", "no JSON", origin)
            if value is not NO_JSON:
                Judge(self._ours.schemas, gathered).judge(value, described.schema, place, origin)

    def _learn(self, it: Probe, operation: Described, value: Any) -> None:
        """Remember the names that an answer gives, and how to take back what was made."""
        for name, place in it.gives.items():
            if isinstance(found := found_at(value, place), str) and ID.fullmatch(found):
                self._names[name] = found
        for method, path in it.undo:
            if "{" in (filled := self._filled(path)):
                self.found.notes.append(f"left behind: what {operation.name} made, since its answer has no id")
            else:
                self._made[method, filled] = None

    def _filled(self, path: str) -> str:
        for name, value in self._names.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def _decoded(answer: Answer) -> Any:
    """Return what a body says, or ``NO_JSON``."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return NO_JSON


def found_at(value: Any, place: str) -> Any:
    """Return what stands at a place of an answer (see ``Probe.gives``), or ``None``."""
    for step in place.split("."):
        if step.startswith("["):
            key, _, word = step.strip("[]").partition("=")
            entries = value if isinstance(value, list) else []
            value = next((it for it in entries if not key or (isinstance(it, dict) and it.get(key) == word)), None)
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
