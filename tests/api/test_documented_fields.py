"""Every documented field of every answer and webhook, with its type and its words, in one run of everything."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api.dispatch import OPERATIONS, PREFIX, ROUTER
from mock_truv.api.shapes.errors import Detail, Error
from mock_truv.core.notices import EVENT_TYPES
from tests.facts import tables
from tests.facts.run import run
from tests.facts.tables import ABSENT, TYPES, WEIGHTS, Field, Place, fields, parts, places, table, values, weaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mock_truv.openapi.touring import Stop
    from tests.conftest import Api
    from tests.facts.run import Shown

NULLABLE = {"yes", "no", "inferred", "unknown"}
KEYS_OF_PLACES = {"operation", "at", "weight", "query", "body", "whole", "fresh"}
KEYS_OF_FIELDS = {"type", "nullable", "weight", "source", "enum", "also", "seen", "optional", "of"}
DOCUMENTED = [(place, it) for place in places() for it in fields(place.table)
              if weaker(place.weight, it.weight) == "documented"]  # fmt: skip
"""Every documented field wherever it is documented."""


class Answers:
    """What a run showed, by operation."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self._bodies: dict[str, list[tuple[Stop | None, Any]]] = defaultdict(list)
        for stop in shown.stops:
            if stop.content_type.startswith("application/json"):
                self._bodies[f"{stop.method} {stop.path}"].append((stop, msgspec.json.decode(stop.answer)))
        for status, bodies in shown.errors.items():
            self._bodies[f"error {status}"] += [(None, body) for body in bodies]
        for payload in shown.webhooks:
            self._bodies[f"webhook {payload['event_type']}"].append((None, payload))

    def at(self, place: Place) -> list[Any]:
        """Return every object at a place."""
        path = parts(place.at)
        bodies = [body for stop, body in self._bodies[place.operation] if stop is None or _asked(stop, place)]
        return [each for body in bodies for each in values(body, path) if each is not ABSENT and each is not None]


def _asked(stop: Stop, place: Place) -> bool:
    """Return whether a request is one of those that a place speaks of."""
    name, _, value = place.body.partition("=")
    return place.query in stop.query and (not name or str((stop.body or {}).get(name)).lower() == value)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers(run())


def problem(place: Place, it: Field, objects: Sequence[Any]) -> str | None:
    """Return what is wrong with a field in the objects at a place, None if nothing is."""
    found = [value for each in objects for value in values(each, parts(it.path))]
    shown = [value for value in found if value is not ABSENT]
    if not found and place.fresh:
        return None
    if not shown:
        return "is never shown"
    if len(shown) < len(found) and (place.whole or not it.optional):
        return f"is left out of {len(found) - len(shown)} of {len(found)}"
    wrong = [value for value in shown if not it.fits(value)]
    if wrong:
        return f"is {wrong[0]!r:.80}, no {' or '.join(it.types)} {', '.join(it.enum)}".rstrip()
    return None


def problems(answers: Answers, weight: str) -> Iterator[tuple[Place, Field, str]]:
    """Yield every field of a weight that is not shown as its table says."""
    for place in places():
        objects = answers.at(place)
        for it in fields(place.table):
            if weaker(place.weight, it.weight) == weight and (text := problem(place, it, objects)):
                yield place, it, text


def lines(found: Sequence[tuple[Place, Field, str]]) -> str:
    """Return problems as text."""
    return "\n".join(f"{place.operation} {place.at}: {it.path} {text} ({it.source})" for place, it, text in found)


def test_the_tables_are_well_formed() -> None:
    """Every line uses the words of the README, names existing files and operations, and every file is used."""
    served = {f"{it.method} {it.path}" for it in OPERATIONS}
    served |= {f"error {status}" for status in (400, 401, 403, 404, 405, 406, 410, 415, 429)}
    served |= {f"webhook {each}" for each in EVENT_TYPES}
    used = {place.table for place in places()}
    for name in tables.tables():
        given = table(name)
        assert set(given) <= {"title", "source", "answers", "includes", "keys", "fields"}
        for answer in given["answers"]:
            assert set(answer) <= KEYS_OF_PLACES
            assert answer["operation"] in served
            assert answer.get("weight", "documented") in WEIGHTS
        used |= set(given.get("includes", ()))
        for path, line in given["fields"].items():
            assert "".join(parts(path)).replace("[]", "") == re.sub(r"[.\[\]]", "", path)
            assert set(line) <= KEYS_OF_FIELDS
            types = {line["type"]} if isinstance(line["type"], str) else set(line["type"])
            assert types <= set(TYPES)
            assert line["nullable"] in NULLABLE
            assert line.get("weight", "documented") in WEIGHTS
            used |= {line["of"]} if "of" in line else set()
        if all(line.get("weight") == "unknown" for line in given["fields"].values()):
            used.add(name)  # nobody knows where it sits
    assert used == set(tables.tables())


def test_documented_fields_are_shown(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    """Every documented field is present with its documented type and words, wherever its object sits in the run."""
    unshown = tables.exceptions()["unshown"]
    asked = [(place, it) for place, it in DOCUMENTED if place.operation not in unshown]
    found = [each for each in problems(answers, "documented") if each[0].operation not in unshown]
    good = len(asked) - len(found)
    with capsys.disabled():
        print(f"\ndocumented fields present: {good} of {len(asked)} ({100 * good / len(asked):.1f} %), "  # noqa: T201
              f"{len(DOCUMENTED) - len(asked)} more in what nothing leads to: {', '.join(unshown)}")  # fmt: skip
    assert not found, lines(found)


def test_inferred_fields_are_shown_or_listed(answers: Answers) -> None:
    """Every inferred field is shown as its table says, but for those listed with a reason."""
    found = [each for each in problems(answers, "inferred") if each[1].key not in tables.exceptions()["unseen"]]
    assert not found, lines(found)


def test_every_field_has_a_value_somewhere(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    """Every field, nullable or not, is somewhere neither null nor an empty list, but for those listed with a reason."""
    known: dict[str, Field] = {}
    filled, empty = set(), set()
    for place in places():
        if place.operation in tables.exceptions()["unshown"]:
            continue
        objects = answers.at(place)
        for it in fields(place.table):
            if weaker(place.weight, it.weight) in {"documented", "inferred"} and it.types != ("null",):
                known[it.key] = it
                found = [value for each in objects for value in values(each, parts(it.path)) if value is not ABSENT]
                filled |= {it.key} if any(value not in (None, []) for value in found) else set()
                empty |= {it.key} if None in found else set()
    listed = set(tables.exceptions()["null"])
    assert set(known) - filled == listed
    nullable = {key for key, it in known.items() if it.nullable in {"yes", "inferred"}}
    with capsys.disabled():
        print(f"\nnullable fields: {len(nullable)}, with a value somewhere: {len(nullable & filled)}, "  # noqa: T201
              f"null somewhere: {len(nullable & empty)}")  # fmt: skip


def test_what_is_listed_as_unshown_is_unshown(answers: Answers) -> None:
    """No exception is left that is no longer needed."""
    listed = tables.exceptions()
    assert all(not answers.at(Place(table="", operation=operation)) for operation in listed["unshown"])
    assert set(listed["unseen"]) <= {it.key for _, it, _ in problems(answers, "inferred")}


def test_words_are_those_of_the_types() -> None:
    """Each documented closed list of words is that of our types: none is missing, none is there that no source has."""
    types = {f"{it.method} {it.path}": it.answer for it in OPERATIONS}
    types |= {f"error {status}": Error for status in (400, 401, 403, 410, 429)}
    types |= dict.fromkeys(("error 404", "error 405", "error 406", "error 415"), Detail)
    wrong: set[str] = set()
    codes: set[str] = set()
    looked_at = 0
    for place in places():
        if place.operation.startswith("webhook "):
            continue
        for it in fields(place.table):
            if weaker(place.weight, it.weight) == "superseded" or not (it.enum or it.seen):
                continue
            words = tables.words_of(types[place.operation], [*parts(place.at), *parts(it.path)])
            looked_at += 1
            if words is None and not it.enum:
                continue  # an open list, and any text
            if place.operation.startswith("error "):
                codes |= set(it.enum)
                continue  # one type for all errors
            ours = words or frozenset()
            missing = set(it.enum + it.seen) - ours
            extra = sorted(ours - set(it.enum + it.also)) if it.enum else []
            wrong |= {f"{it.key}: missing {sorted(missing)}, extra {extra}"} if missing or extra else set()
    assert not wrong, "\n".join(sorted(wrong))
    assert codes == set(tables.words_of(Error, ["error", "code"]) or ())
    assert looked_at > 0


def test_codes_of_errors_are_documented(answers: Answers) -> None:
    """Every documented error code that a sandbox key can meet is met, and no other; only a 400 has ``extra``."""
    met = {body["error"]["code"] for status in (400, 401, 403, 410, 429)
           for body in answers.at(Place(table="", operation=f"error {status}"))}  # fmt: skip
    assert met == {
        "incorrect_parameters", "reserved_credential", "data_source_required", "authentication_failed",
        "not_authenticated", "expired_token", "throttled",
    }  # fmt: skip
    others = [
        body for status in (401, 403, 410, 429) for body in answers.at(Place(table="", operation=f"error {status}"))
    ]
    assert all("extra" not in body["error"] for body in others)


def test_operations_are_served_or_have_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Every operation that a source names is served, or the table says why not; what it says so of is not served."""
    served, missing = 0, []
    for it in tables.operations():
        path = it["path"].removeprefix(PREFIX)
        matched = ROUTER.match(re.sub(r"\{\w+\}", "x", path)) if path.startswith("/") else None
        is_served = matched is not None and it["method"] in matched[0].operations and _same(matched[0].path, path)
        served += is_served
        if is_served == ("not_served" in it):
            missing.append(f"{it['method']} {it['path']}")
    with capsys.disabled():
        print(f"\noperations served: {served} of {len(tables.operations())}, "  # noqa: T201
              f"the others with a reason")  # fmt: skip
    assert not missing


def _same(ours: str, theirs: str) -> bool:
    """Return whether two paths have their parameters in the same places."""
    first, second = ours.strip("/").split("/"), theirs.strip("/").split("/")
    if second[0] == "link":
        second[0] = "links"
    return [each[:1] == "{" or each for each in first] == [each[:1] == "{" or each for each in second]


@pytest.mark.parametrize("place", [it for it in places() if it.operation.startswith("webhook ")],
                         ids=lambda it: it.operation)  # fmt: skip
def test_webhooks_have_exactly_their_fields(place: Place, answers: Answers) -> None:
    """A webhook has the documented keys, no others, and in the order of the samples where there is one."""
    payloads = answers.at(place)
    assert payloads or place.operation in tables.exceptions()["unshown"]
    lines_of = {it.path: it for it in fields(place.table)}
    order = table(place.table).get("keys")
    for payload in payloads:
        left_out = set(lines_of) - set(payload)
        assert set(payload) <= set(lines_of)
        assert all(lines_of[each].optional for each in left_out)
        if order is not None:
            assert list(payload) == [each for each in order if each in payload]


def test_wrong_keys_are_refused_as_documented(api: Api) -> None:
    """The answer to a wrong secret has the documented fields."""
    answer = api.send("GET", "/users/", headers={"X-Access-Secret": "sandbox-" + "0" * 40})
    assert answer.status_code == 401
    place = Place(table="error_401", operation="error 401")
    assert [problem(place, it, [answer.json()]) for it in fields("error_401")] == [None] * len(fields("error_401"))


def test_the_run_is_the_same_every_time(answers: Answers) -> None:
    """Two runs give the same answers and webhooks, byte for byte."""
    again = run()
    assert [it.answer for it in again.stops] == [it.answer for it in answers.shown.stops]
    assert again.webhooks == answers.shown.webhooks


def _changed(document: Any, path: Sequence[str], how: Callable[[dict[str, Any], str], dict[str, Any]]) -> Any:
    """Return a document with one key of it changed, wherever it is there."""
    if isinstance(document, list):
        return [_changed(each, path[1:], how) for each in document] if path[0] == "[]" else document
    if not isinstance(document, dict) or path[0] not in document:
        return document
    if len(path) == 1:
        return how(document, path[0])
    return {**document, path[0]: _changed(document[path[0]], path[1:], how)}


def _taken_away(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}


def _replaced(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {**document, key: object()}


@pytest.mark.parametrize("how", [_taken_away, _replaced])
def test_damage_is_found(how: Callable[[dict[str, Any], str], dict[str, Any]], answers: Answers) -> None:
    """A key that is taken away or has another thing for its value is found, wherever it is documented."""
    missed, damaged = [], 0
    for place, it in DOCUMENTED[::3]:
        path = parts(it.path)
        whole = (
            next((each for each in answers.at(place) if set(values(each, path)) - {ABSENT}), None)
            if (path[-1] != "[]" and not set(it.types) & {"object", "array"})
            else None
        )
        if whole is not None:
            damaged += 1
            found = problem(place, it, [_changed(whole, path, how)])
            missed += [f"{place.operation} {it.path}"] if found is None else []
    assert missed == []
    assert damaged > len(DOCUMENTED) // 6
