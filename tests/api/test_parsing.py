"""Bodies: accepted exactly when they are of the documented type, else refused with the path of every wrong field."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.api import bodies
from mock_truv.api.dispatch import OPERATIONS
from mock_truv.api.parsing import DEPTH_LIMIT, parse_body, parse_value
from mock_truv.core.errors import ApiError, WrongInput
from mock_truv.core.instants import START_US
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World
from tests.worlds import request

MANY = settings(max_examples=300, deadline=None)
MODELS = sorted({operation.body for operation in OPERATIONS if operation.body is not None}, key=lambda it: it.__name__)
PARTS = sorted(
    {it for it in vars(bodies).values() if isinstance(it, type) and issubclass(it, msgspec.Struct)},
    key=lambda it: it.__name__,
)
TEXTS = tuple("x" * length for length in (0, 1, 50, 51, 128, 129, 2000, 2001, 2048, 2049))
ANY_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2016, 2017, 1.5, *TEXTS, [], [None], [True], [[]], {}, {"a": 1},
)  # fmt: skip
"""One of each JSON type, and those at the limits that the bodies have."""
ORDER = {"products": ["income"], "first_name": "Ada", "last_name": "Test"}
STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")

words = st.sampled_from(("", "x", "income", "payroll", "sandbox", "2026-01-02", "123456789", "http://a/", "a" * 60))
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | words | st.text(max_size=5)
)  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)


def right_values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as they come out of JSON."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return st.one_of([right_values(each) for each in types])
        case msgspec.inspect.Metadata(type=inner):
            return right_values(inner)
        case msgspec.inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            tagged = {} if tag_field is None else {tag_field: st.just(tag)}
            required = tagged | {each.encode_name: right_values(each.type) for each in fields if each.required}
            optional = {each.encode_name: right_values(each.type) for each in fields if not each.required}
            return st.fixed_dictionaries(required, optional=optional)
        case msgspec.inspect.ListType(item_type=item, min_length=low, max_length=high):
            return st.lists(right_values(item), min_size=low or 0, max_size=min(high or 3, 3))
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case msgspec.inspect.StrType(pattern=None, min_length=low):
            return st.text(min_size=low or 0, max_size=(low or 0) + 5)
        case msgspec.inspect.StrType(pattern=pattern):
            return st.from_regex(pattern or "").filter(lambda text: re.search(pattern or "", text) is not None)
        case msgspec.inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case msgspec.inspect.FloatType(ge=low, le=high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.DictType():
            return st.dictionaries(words, scalars, max_size=2)
        case _:
            return anything


@st.composite
def nearly_right(draw: st.DrawFn, model: type) -> Any:
    """Values of a type with up to three places put wrong: another value, or a key taken away."""
    value = draw(right_values(msgspec.inspect.type_info(model)))
    for _ in range(draw(st.integers(0, 3))):
        places = [path for path in _places(value) if path]
        if not places:
            break
        *outer, last = draw(st.sampled_from(places))
        parent = _found(value, outer)
        if isinstance(parent, dict) and draw(st.booleans()):
            del parent[last]
        else:
            parent[last] = draw(anything)
    return value


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in _places(each, (*path, key)))]


def _found(value: Any, path: Any) -> Any:
    for part in path:
        value = value[part]
    return value


def steps_of(field: str) -> list[str | int]:
    """Return the keys and positions that a field path such as ``employers[0].id`` names."""
    parts = STEP.findall(field)
    assert "".join(f".{name}" if name else f"[{at}]" for name, at in parts).removeprefix(".") == field, field
    return [name or int(at) for name, at in parts]


def accepted(value: Any, model: type) -> bool:
    """Return whether msgspec takes a value for the type."""
    try:
        msgspec.convert(value, model)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("model", MODELS, ids=lambda it: it.__name__)
def test_refused_exactly_when_the_type_refuses(model: type) -> None:
    """A body is refused if and only if its type refuses it, and every field named is there, or is missing there."""
    seen = {True: 0, False: 0}

    @settings(max_examples=60, deadline=None)
    @given(nearly_right(model) | anything)
    def check(value: Any) -> None:
        good = accepted(value, model)
        seen[good] += 1
        text = json.dumps(value)
        if good:
            assert parse_body(text, model) == msgspec.convert(value, model)
            return
        with pytest.raises(WrongInput) as caught:
            parse_body(text, model)
        problems = caught.value.body()["error"]["extra"]["invalid-params"]
        assert problems
        for problem in problems:
            assert problem["message"]
            check_field(value, problem["field"], problem["message"])

    check()
    assert all(seen.values()), f"only one kind of body was drawn: {seen}"


@pytest.mark.parametrize("model", PARTS, ids=lambda it: it.__name__)
def test_every_kind_of_value_in_every_field(model: type) -> None:
    """A value of any JSON type in any one field is refused exactly when the type refuses it, and the field is named."""
    for field in msgspec.structs.fields(model):
        for wrong in ANY_VALUES:
            value = {field.encode_name: wrong}
            problems = []
            try:
                parse_value(value, model)
            except WrongInput as error:
                problems = error.body()["error"]["extra"]["invalid-params"]
            named = [each["field"] for each in problems if steps_of(each["field"])[0] == field.encode_name]
            try:
                msgspec.convert(wrong, field.type)
            except msgspec.ValidationError:
                assert named, f"{value!r} was not refused for {field.encode_name}"
            else:
                assert not named, f"{value!r} was refused: {problems}"


def check_field(value: Any, field: str, message: str) -> None:
    """Assert that a field path names something in the body, or a required field that an object there lacks."""
    if field == "body":
        assert not isinstance(value, dict)
        return
    *outer, last = steps_of(field)
    parent = _found(value, outer)
    if message == "This field is required":
        assert isinstance(parent, dict)
        assert last not in parent
    else:
        assert last in parent if isinstance(parent, dict) else 0 <= int(last) < len(parent)


@pytest.mark.parametrize("model", MODELS, ids=lambda it: it.__name__)
def test_mending_what_was_named_is_enough(model: type) -> None:
    """The fields named are all the wrong ones: when right values stand in their place, the body is accepted."""

    @settings(max_examples=25, deadline=None)
    @given(nearly_right(model), st.data())
    def check(value: Any, data: st.DataObject) -> None:
        if not isinstance(value, dict) or accepted(value, model):
            return
        good = data.draw(right_values(msgspec.inspect.type_info(model)))
        with pytest.raises(WrongInput) as caught:
            parse_value(value, model)
        for problem in caught.value.body()["error"]["extra"]["invalid-params"]:
            top = steps_of(problem["field"])[0]
            if top in good:
                value[top] = good[top]
            else:
                value.pop(top, None)
        assert accepted(value, model)

    check()


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """JSON knows no difference between 3 and 3.0: both are whole numbers; 3.5 and what floats cannot tell are not."""
    settings_of = "notification_settings"
    for text, kept in (("3.0", 3), ("2e3", 2000), ("-0.0", 0)):
        body = json.dumps(ORDER)[:-1] + f', "{settings_of}": {{"first_notification_delay_hours": {text}}}}}'
        hours = parse_body(body, bodies.CreateOrder).notification_settings.first_notification_delay_hours  # type: ignore[union-attr]
        assert (hours, type(hours)) == (kept, int)
    for text in ("3.5", "1e300", "2017.0"):
        body = json.dumps(ORDER)[:-1] + f', "{settings_of}": {{"first_notification_delay_hours": {text}}}}}'
        with pytest.raises(WrongInput):
            parse_body(body, bodies.CreateOrder)


def test_huge_numbers_are_refused_only_where_they_would_be_kept() -> None:
    """A whole number beyond 64 bits in an unknown field is dropped with it; in a free-form object it is refused."""
    parse_body(json.dumps({**ORDER, "unknown": 10**30}), bodies.CreateOrder)
    with pytest.raises(ApiError, match="64 bits"):
        parse_body(json.dumps({**ORDER, "loan": {"amount": 10**30}}), bodies.CreateOrder)


def test_every_wrong_field_is_named_at_once() -> None:
    """One answer names all that is wrong, with paths as the errors page writes them."""
    body = {
        "products": ["income", "nonsense", 3],
        "first_name": "",
        "employers": [{}, {"start_date": "tomorrow", "company_address": {"zip": 1}, "data_sources": ["payroll", "x"]}],
        "notification_settings": {"first_notification_delay_hours": 9999},
    }
    with pytest.raises(WrongInput) as caught:
        parse_body(json.dumps(body), bodies.CreateOrder)
    fields = [each["field"] for each in caught.value.body()["error"]["extra"]["invalid-params"]]
    assert sorted(fields) == [
        "employers[1].company_address.zip",
        "employers[1].data_sources[1]",
        "employers[1].start_date",
        "first_name",
        "last_name",
        "notification_settings.first_notification_delay_hours",
        "products[1]",
        "products[2]",
    ]


HOSTILE = {
    "nested 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "nested 10,000 deep, never closed": '{"loan":' * 10_000,
    "nested in a field that takes anything": json.dumps(ORDER)[:-1] + ',"loan":' + '{"a":' * 5_000 + "1" + "}" * 5_001,
    "a number too large for a float": json.dumps(ORDER)[:-1] + ',"loan":{"a":1e999}}',
    "a whole number beyond 64 bits": json.dumps(ORDER)[:-1] + ',"loan":{"a":[18446744073709551616]}}',
    "a whole number below 64 bits": json.dumps(ORDER)[:-1] + ',"loan":{"a":-9223372036854775809}}',
    "a whole number of 5,000 digits": json.dumps(ORDER)[:-1] + ',"loan":{"a":' + "1" * 5_000 + "}}",
    "half a surrogate pair": json.dumps({**ORDER, "first_name": "\ud83d"}),
    "the other half": json.dumps({**ORDER, "first_name": "\ude00"}),
    "NaN": json.dumps(ORDER)[:-1] + ',"loan":{"a":NaN}}',
    "Infinity": json.dumps(ORDER)[:-1] + ',"loan":{"a":Infinity}}',
    "a byte order mark": "\ufeff" + json.dumps(ORDER),
    "a comment": "/* x */" + json.dumps(ORDER),
    "a trailing comma": json.dumps(ORDER)[:-1] + ",}",
    "a second value": json.dumps(ORDER) + "{}",
    "single quotes": "{'products':['income']}",
    "a raw control character": json.dumps(ORDER).replace("Ada", "A\x01a"),
    "a NUL": json.dumps(ORDER) + "\0",
    "cut off": json.dumps(ORDER)[:-1],
    "an array": "[]",
    "a text": '"income"',
    "null": "null",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_json_of_ours_is_refused(text: str) -> None:
    """Hostile and broken bodies are answered with 400 in the documented shape, and change nothing."""
    with pytest.raises(ApiError) as caught:
        parse_body(text, bodies.CreateOrder)
    assert caught.value.status == 400
    assert caught.value.body()["error"]["code"] == "incorrect_parameters"
    world = World.new("0" * 64, load_catalog(), now_us=START_US)
    before = world.world_digest()
    answer = world.handle(request("POST", "/orders/", text)).answer
    assert answer is not None
    assert answer.status == 400
    assert msgspec.json.decode(answer.body)["error"]["message"]
    assert world.world_digest() == before


def test_of_equal_keys_the_last_one_counts() -> None:
    """A key that stands twice is no error: the last value counts, as in other parsers."""
    text = '{"first_name":"Eve","products":["income"],"last_name":"Test","first_name":"Ada"}'
    assert parse_body(text, bodies.CreateOrder).first_name == "Ada"
    with pytest.raises(WrongInput):
        parse_body(text[:-6] + "7}", bodies.CreateOrder)


def test_no_body_is_an_empty_object() -> None:
    """No bytes at all, or only blanks, count as ``{}``; unknown fields are tolerated."""
    for text in ("", "  \n", "{}", '{"unknown": [1, {}]}'):
        assert parse_body(text, bodies.CreateReport) == bodies.CreateReport()


@pytest.mark.parametrize("how_deep", [1, DEPTH_LIMIT - 2, DEPTH_LIMIT - 1, DEPTH_LIMIT, 990])
def test_how_deep_a_body_may_be_does_not_depend_on_the_caller(how_deep: int) -> None:
    """The same body is accepted, or refused with the same words, from a shallow and from a deep call stack."""
    text = json.dumps(ORDER)[:-1] + ',"loan":' + '{"[a\\"":' * how_deep + "1" + "}" * (how_deep + 1)

    def outcome(levels: int) -> str:
        if levels:
            return outcome(levels - 1)
        try:
            parse_body(text, bodies.CreateOrder)
        except ApiError as error:
            return str(error)
        return "accepted"

    assert outcome(0) == outcome(500)
    assert (outcome(0) == "accepted") == (how_deep < DEPTH_LIMIT)


@MANY
@given(st.text() | st.text(alphabet='{}[]",:\\0123456789truefalsn.eE+-" \n'))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any text at all is either a body or a 400."""
    for model in (bodies.CreateOrder, bodies.CreateReport):
        status = 200
        try:
            parse_body(text, model)
        except ApiError as error:
            status = error.status
        assert status in {200, 400}
