"""Two descriptions: every planted difference is found and nothing else; another way to write the same is none."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.api.dispatch import OPERATIONS as SERVED
from mock_truv.drift.comparing import compare
from mock_truv.drift.descriptions import Description
from mock_truv.openapi.paths import path_of
from tests.drift import planting
from tests.drift.planting import (
    NULL,
    OF_FIELDS,
    JsonObject,
    Plant,
    Spot,
    at,
    found,
    only,
    operation_of,
    ours,
    roots,
    spots,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS = [(path_of(it), it.method.lower()) for it in SERVED]
QUICK = settings(max_examples=20, deadline=None)


@cache
def families() -> list[list[tuple[Spot, JsonObject]]]:
    """Return all keys of bodies and answers, for each operation that has some."""
    return [found_ for each in OPERATIONS if (found_ := list(spots(ours(), *each)))]


@cache
def spots_for(plant: Plant) -> list[list[Spot]]:
    """Return, for each operation, the keys where this may be planted."""
    suits = OF_FIELDS[plant]
    return [suited for family in families() if (suited := [spot for spot, schema in family if suits(schema)])]


def differences(ours: JsonObject, theirs: JsonObject) -> planting.Found:
    return found(compare(Description(ours), Description(theirs)))


def test_our_description_does_not_differ_from_itself() -> None:
    """The whole document against a copy of itself: nothing, and it has what the tests below plant into."""
    assert compare(Description(ours()), Description(copy.deepcopy(ours()))) == []
    assert len(families()) > 90
    assert max(len(spot.steps) for family in families() for spot, _ in family) > 5


@pytest.mark.parametrize("plant", OF_FIELDS, ids=lambda plant: plant.__name__)
def test_a_planted_field_difference_is_found(plant: Plant) -> None:
    """Whatever is changed at a key, however deep: just that is reported, from either side."""

    @QUICK
    @given(st.data())
    def check(data: st.DataObject) -> None:
        spot = draw_spot(data, plant)
        plain, changed = only(ours(), spot.path, spot.method), only(ours(), spot.path, spot.method)
        as_theirs, as_ours = plant(at(changed, spot), data.draw)
        assert differences(plain, changed) == as_theirs
        assert differences(changed, plain) == as_ours

    check()


def draw_spot(data: st.DataObject, plant: Plant) -> Spot:
    """Draw a key at which this may be planted: any operation first, so that large reports do not get all."""
    family = data.draw(st.sampled_from(spots_for(plant)))
    return data.draw(st.sampled_from(family))


@QUICK
@given(st.data())
def test_a_planted_difference_is_told_with_our_basis(data: st.DataObject) -> None:
    """A reported difference names the operation, and how sure we are of ours, and from where."""
    spot = draw_spot(data, planting.field_removed)
    changed = only(ours(), spot.path, spot.method)
    planting.field_removed(at(changed, spot), data.draw)
    (difference,) = compare(Description(only(ours(), spot.path, spot.method)), Description(changed))
    assert difference.operation == f"{spot.method.upper()} {spot.path}"
    assert difference.basis in {"documented", "inferred", "assumed"}
    if difference.place.startswith("2"):
        assert difference.source


@QUICK
@given(st.data())
def test_a_planted_parameter_difference_is_found(data: st.DataObject) -> None:
    """A parameter removed, added, of another type, with other values, or required: just that is reported."""
    operations = [each for each in OPERATIONS if operation_of(only(ours(), *each)).get("parameters")]
    path, method = data.draw(st.sampled_from(operations))
    changed = only(ours(), path, method)
    given_ = operation_of(changed)["parameters"]
    it = data.draw(st.sampled_from(given_))
    names = re.findall(r"\{(\w+)\}", path)
    place = f"path {names.index(it['name']) + 1}" if it["in"] == "path" else f"query {it['name']}"
    ways = ["type"] if it["in"] == "path" else ["type", "removed", "added", "required", "enum"]
    match data.draw(st.sampled_from(ways)):
        case "type":
            it["schema"] = {"type": "array" if it["schema"].get("type") != "array" else "string"}
            expected = {("differs", "type", place)}
        case "removed":
            given_.remove(it)
            expected = {("not in theirs", "parameter", place)}
        case "added":
            given_.append({"in": "query", "name": "brand_new", "schema": {"type": "string"}})
            expected = {("missing here", "parameter", "query brand_new")}
        case "required":
            it["required"] = not it["required"]
            expected = {("differs", "required", place)}
        case "enum":
            it["schema"] = {"enum": [1, 2], "type": it["schema"].get("type", "string")}
            expected = {("differs", "enum", place)}
    assert differences(only(ours(), path, method), changed) == expected


@pytest.mark.parametrize("known", OPERATIONS[::10], ids=" ".join)
def test_a_planted_operation_is_found(known: tuple[str, str]) -> None:
    """An operation that only one side has is one difference, whatever is in it."""
    path, method = known
    few = {key: dict(ours()["paths"][key]) for key in dict.fromkeys([path, *list(ours()["paths"])[:6]])}
    more, less = {**ours(), "paths": few}, {**ours(), "paths": {key: dict(item) for key, item in few.items()}}
    del less["paths"][path][method]
    (difference,) = compare(Description(more), Description(less))
    assert (difference.kind, difference.aspect, difference.place) == ("not in theirs", "operation", "")
    assert difference.operation == f"{method.upper()} {path}"
    assert differences(less, more) == {("missing here", "operation", "")}


@pytest.mark.parametrize("known", OPERATIONS, ids=" ".join)
def test_a_planted_status_or_body_is_found(known: tuple[str, str]) -> None:
    """Another good status is one difference; a body or an answer that one side has not is one, too."""
    plain = only(ours(), *known)
    (status,) = [each for each in operation_of(plain)["responses"] if each.startswith("2")]
    other = only(ours(), *known)
    responses = operation_of(other)["responses"]
    responses["299"] = responses.pop(status)
    assert differences(plain, other) == {("differs", "status", "")}
    second = only(ours(), *known)
    operation_of(second)["responses"]["207"] = {"description": "", "content": {"application/json": {}}}
    assert differences(plain, second) == {("missing here", "status", "207")}
    assert differences(second, plain) == {("not in theirs", "status", "207")}
    for name, _ in roots(plain):
        without = only(ours(), *known)
        if name == "body":
            del operation_of(without)["requestBody"]
        else:
            del operation_of(without)["responses"][status]["content"]
        aspect = "body" if name == "body" else "answer"
        assert differences(plain, without) == {("not in theirs", aspect, name)}
        assert differences(without, plain) == {("missing here", aspect, name)}


# ---- other ways to write the same


def as_30(value: Any) -> Any:
    """Write null as OpenAPI 3.0 does."""
    if isinstance(value, list):
        return [as_30(each) for each in value]
    if not isinstance(value, dict):
        return value
    found_ = {key: as_30(each) for key, each in value.items()}
    branches = found_.get("anyOf")
    if isinstance(branches, list) and NULL in branches:
        rest = [each for each in branches if each != NULL]
        del found_["anyOf"]
        if len(rest) > 1:
            found_["anyOf"] = rest
        elif "$ref" in rest[0]:
            found_["allOf"] = rest
        else:
            found_ = {**rest[0], **found_}
        found_["nullable"] = True
    return found_


def with_type_lists(value: Any) -> Any:
    """Write null as a second type."""
    if isinstance(value, list):
        return [with_type_lists(each) for each in value]
    if not isinstance(value, dict):
        return value
    found_ = {key: with_type_lists(each) for key, each in value.items()}
    branches = found_.get("anyOf")
    if isinstance(branches, list) and len(branches) == 2 and NULL in branches:
        (rest,) = [each for each in branches if each != NULL]
        if isinstance(rest.get("type"), str):
            del found_["anyOf"]
            found_ = {**rest, **found_, "type": ["null", rest["type"]]}
    return found_


def turned(value: Any) -> Any:
    """Turn the order of keys and of enumerations round."""
    if isinstance(value, dict):
        return {key: turned(each) for key, each in reversed(value.items())}
    return [turned(each) for each in value] if isinstance(value, list) else value


def reworded(value: Any) -> Any:
    """Change what is said to people, names of operations, number formats; wrap references."""
    if isinstance(value, list):
        return [reworded(each) for each in value]
    if not isinstance(value, dict):
        return value
    rest = {key: reworded(each) for key, each in value.items() if key not in {"example", "x-basis", "x-source"}}
    if isinstance(rest.get("description"), str):
        rest["description"] = "Something else."
    if isinstance(rest.get("operationId"), str) and "responses" in rest:
        rest["operationId"] = rest["operationId"] + "_2"
    if rest.get("type") in ("integer", "number"):
        rest["format"] = "int64" if rest["type"] == "integer" else "double"
    if list(rest) == ["$ref"] and "/schemas/" in rest["$ref"]:
        return {"allOf": [rest], "title": "wrapped"}
    return rest


def loosened(whole: JsonObject) -> JsonObject:
    """Leave out errors and answers' promises of keys; put the prefix into the server, other names into paths."""
    whole = copy.deepcopy(whole)
    paths = {}
    for path, item in whole["paths"].items():
        for operation in item.values():
            operation["responses"] = {key: it for key, it in operation["responses"].items() if key.startswith("2")}
            for name, _ in roots({**whole, "paths": {path: {"get": operation}}}):
                if name != "body":
                    answer = operation["responses"][name]["content"]["application/json"]
                    planting.opened(whole, answer["schema"]).pop("required", None)
            for it in operation.get("parameters", ()):
                it["name"] = f"{it['name']}_2" if it["in"] == "path" else it["name"]
        paths[re.sub(r"\{(\w+)\}", r"{\1_2}", path).removeprefix("/v1").rstrip("/")] = item
    return {**whole, "servers": [{"url": "https://example.com/v1"}], "paths": paths}


WAYS = (as_30, with_type_lists, turned, reworded, loosened)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_another_way_to_write_the_same_is_no_difference(way: Callable[[JsonObject], JsonObject]) -> None:
    """The whole document written otherwise: nothing differs, although the text does."""
    theirs = way(copy.deepcopy(ours()))
    assert list(map(str, theirs.items())) != list(map(str, ours().items()))
    assert compare(Description(ours()), Description(theirs)) == []


@settings(max_examples=15, deadline=None)
@given(st.data(), st.lists(st.sampled_from(WAYS[:-1]), min_size=1, max_size=3), st.sampled_from(list(OF_FIELDS)))
def test_a_difference_is_found_in_other_writing(data: st.DataObject, ways: list[Any], plant: Plant) -> None:
    """A planted difference is found, and nothing else, when their document is written otherwise, too."""
    spot = draw_spot(data, plant)
    changed = only(ours(), spot.path, spot.method)
    as_theirs, _ = plant(at(changed, spot), data.draw)
    for way in ways:
        changed = way(changed)
    assert differences(only(ours(), spot.path, spot.method), changed) == as_theirs
