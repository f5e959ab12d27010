"""Request bodies: one strict decode; only when it fails, a second pass that names every wrong field.

Field paths look like ``employers[0].id``. Unknown fields are tolerated, as the service does.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from mock_truv.core.errors import ApiError, WrongInput

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

T = TypeVar("T")
Problem = tuple[str, str]

DEPTH_LIMIT = 200
"""Deepest nesting of a body. The interpreter's own limit will not do: how far it reaches depends on who calls us."""
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
TRUTHS: dict[str, object] = {"true": True, "1": True, "false": False, "0": False}
EXACT = 2.0**53
"""Beyond it a float may stand for several whole numbers."""
_LONG_NUMBER = re.compile(r"\d{19}", re.ASCII)
PATTERN = "Must have the form"
"""How a text that does not fit a pattern is told; a field with a description says that instead."""
JSON_NAMES = {dict: "an object", list: "an array"}


def parse_body(text: str, model: type[T]) -> T:
    """Return the body as ``model``; no bytes at all count as ``{}``.

    Raises:
        ApiError: 400, not JSON (syntax, nesting too deep, number out of range, half a surrogate pair).
        WrongInput: 400, every wrong field.
    """
    if text.count("[") + text.count("{") > DEPTH_LIMIT and _depth(text) > DEPTH_LIMIT:
        raise not_json(f"it is nested deeper than {DEPTH_LIMIT} levels")
    try:
        value = msgspec.json.decode(text) if text.strip() else {}
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise not_json(str(error)) from None
    parsed = parse_value(value, model)
    if _LONG_NUMBER.search(text) and _holds_huge(value) and _holds_huge(msgspec.to_builtins(parsed)):
        raise not_json("a whole number does not fit into 64 bits")
    return parsed


def parse_value(value: object, model: type[T]) -> T:
    """Return decoded JSON as ``model``.

    Raises:
        WrongInput: 400, every wrong field.
    """
    try:
        return msgspec.convert(value, model)
    except (msgspec.ValidationError, RecursionError):
        kind = inspect.type_info(model)
        value = _with_whole_numbers(value, kind)
        problems = list(_problems(value, kind, ""))
        if not problems:
            return msgspec.convert(value, model)
        raise WrongInput(*problems) from None


def _with_whole_numbers(value: Any, kind: inspect.Type) -> Any:
    """Return a value in which ``3.0`` is the whole number 3 wherever one is wanted: JSON knows no difference."""
    match kind:
        case inspect.IntType() if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
            return int(value)
        case inspect.Metadata(type=inner):
            return _with_whole_numbers(value, inner)
        case inspect.UnionType(types=types):
            for each in types:
                value = _with_whole_numbers(value, each)
        case inspect.StructType(fields=fields) if isinstance(value, dict):
            known = {field.encode_name: field.type for field in fields}
            return {key: _with_whole_numbers(each, known[key]) if key in known else each for key, each in value.items()}
        case inspect.ListType(item_type=inner) if isinstance(value, list):
            return [_with_whole_numbers(each, inner) for each in value]
    return value


def parse_query(text: str, model: type[T]) -> T:
    """Return the query as ``model``: the last value of each parameter, an empty one as if it were absent.

    Raises:
        WrongInput: 400, every wrong parameter.
    """
    kinds = _parameter_kinds(model)  # type: ignore[arg-type]  # classes are hashable
    given = {name: _read(value, kinds.get(name, "text")) for name, value in parse_qsl(text) if value}
    try:
        return msgspec.convert(given, model)
    except msgspec.ValidationError:
        kind = inspect.type_info(model)
        assert isinstance(kind, inspect.StructType)
        problems = [each for field in kind.fields for each in _parameter_problems(given, field)]
        assert problems, f"{model} refuses what the second pass accepts: {given!r}"
        raise WrongInput(*problems) from None


@lru_cache(maxsize=256)
def _parameter_kinds(model: Hashable) -> dict[str, str]:
    """Return {parameter: ``whole``, ``truth`` or ``text``}."""
    kind = inspect.type_info(model)
    assert isinstance(kind, inspect.StructType)
    return {field.encode_name: _parameter_kind(field.type) for field in kind.fields}


def _parameter_kind(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner):
            return _parameter_kind(inner)
        case inspect.UnionType(types=types):
            return next((word for each in types if (word := _parameter_kind(each)) != "text"), "text")
        case inspect.IntType():
            return "whole"
        case inspect.BoolType():
            return "truth"
        case _:
            return "text"


def _read(text: str, kind: str) -> object:
    if kind == "whole" and _WHOLE.fullmatch(text):
        return int(text)
    return TRUTHS.get(text.lower(), text) if kind == "truth" else text


def _parameter_problems(given: dict[str, object], field: inspect.Field) -> Iterator[Problem]:
    name = field.encode_name
    if name in given and _parameter_kind(field.type) == "truth" and not isinstance(given[name], bool):
        yield name, f"Must be true or false, got {_shown(given[name])}"
    else:
        yield from _field_problems(given, field, "")


def _depth(text: str) -> int:
    """Return how deeply arrays and objects of a JSON text are nested."""
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", _TEXT.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _holds_huge(value: object) -> bool:
    """Return whether a whole number beyond 64 bits stands somewhere: the state could not be encoded with it."""
    if isinstance(value, dict):
        return any(_holds_huge(each) for each in value.values())
    if isinstance(value, list):
        return any(_holds_huge(each) for each in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def not_json(why: str) -> ApiError:
    """Return the answer to a body that is not JSON (shape by the errors page, text assumed)."""
    text = f"The body is not valid JSON: {why}"
    return ApiError(400, "incorrect_parameters", text, {"invalid-params": []})


def _problems(value: object, kind: inspect.Type, path: str) -> Iterator[Problem]:
    """Yield every way in which ``value`` is not of type ``kind``."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=about):
            form = (about or {}).get("description")
            for at, text in _problems(value, inner, path):
                yield at, f"Must be {form}; got {_shown(value)}" if form and text.startswith(PATTERN) else text
        case inspect.UnionType(types=types) if _tag_field(types) is not None:
            yield from _tagged_problems(value, types, path)
        case inspect.UnionType(types=types):
            yield from _union_problems(value, types, path)
        case inspect.StructType(fields=fields):
            if isinstance(value, dict):
                for field in fields:
                    yield from _field_problems(value, field, path)
                if kind.forbid_unknown_fields:
                    yield from _unknown_problems(value, [field.encode_name for field in fields], path)
            else:
                yield path or "body", _expected("an object", value)
        case inspect.ListType(item_type=item_type) | inspect.VarTupleType(item_type=item_type):
            yield from _list_problems(value, kind, item_type, path)
        case inspect.LiteralType(values=values):
            if value not in values or isinstance(value, bool):
                yield path, f"Must be one of {', '.join(str(each) for each in values)}; got {_shown(value)}"
        case _:
            problem = _scalar_problem(value, kind)
            if problem is not None:
                yield path or "body", problem


def _field_problems(value: dict[str, Any], field: inspect.Field, path: str) -> Iterator[Problem]:
    inner = f"{path}.{field.encode_name}" if path else field.encode_name
    if field.encode_name in value:
        yield from _problems(value[field.encode_name], field.type, inner)
    elif field.required:
        yield inner, "This field is required"


def _unknown_problems(value: dict[str, Any], known: list[str], path: str) -> Iterator[Problem]:
    for name in (name for name in value if name not in known):
        close = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {close[0]}?" if close else f"; known are: {', '.join(known)}" if len(known) < 20 else ""
        yield f"{path}.{name}" if path else name, f"There is no such field{hint}"


def _tag_field(types: tuple[inspect.Type, ...]) -> str | None:
    """Return the field that tells the members of a union apart, if they are all told apart by one."""
    fields = {kind.tag_field if isinstance(kind, inspect.StructType) else None for kind in types}
    return fields.pop() if len(fields) == 1 else None


def _tagged_problems(value: object, types: tuple[inspect.Type, ...], path: str) -> Iterator[Problem]:
    name = _tag_field(types)
    assert name is not None
    if not isinstance(value, dict):
        yield path or "body", _expected("an object", value)
        return
    if name not in value:
        yield f"{path}.{name}" if path else name, "This field is required"
        return
    kinds = {kind.tag: kind for kind in types if isinstance(kind, inspect.StructType)}
    kind = kinds.get(value.get(name)) if isinstance(value.get(name), str) else None
    if kind is None:
        known = ", ".join(sorted(str(tag) for tag in kinds))
        yield f"{path}.{name}" if path else name, f"Must be one of {known}; got {_shown(value.get(name))}"
        return
    yield from _problems({key: inner for key, inner in value.items() if key != name}, kind, path)


def _union_problems(value: object, types: tuple[inspect.Type, ...], path: str) -> Iterator[Problem]:
    found = [list(_problems(value, each, path)) for each in types]
    if not all(found):
        return
    nested = [each for each, kind in zip(found, types, strict=True) if not isinstance(kind, inspect.NoneType)]
    # the member that comes furthest knows best what is wrong
    yield from max(nested, key=lambda problems: max(len(at) for at, _ in problems))


def _list_problems(
    value: object, kind: inspect.ListType | inspect.VarTupleType, item_type: inspect.Type, path: str
) -> Iterator[Problem]:
    if not isinstance(value, list | tuple):
        yield path, _expected("an array", value)
        return
    if kind.min_length is not None and len(value) < kind.min_length:
        yield path, f"Must have at least {_count(kind.min_length)}, got {len(value)}"
    if kind.max_length is not None and len(value) > kind.max_length:
        yield path, f"Must have at most {_count(kind.max_length)}, got {len(value)}"
    for position, item in enumerate(value):
        yield from _problems(item, item_type, f"{path}[{position}]")


def _scalar_problem(value: object, kind: inspect.Type) -> str | None:
    """Return what is wrong with a value that has no parts, None when it is right."""
    match kind:
        case inspect.StrType():
            return _text_problem(value, kind) if isinstance(value, str) else _expected("a string", value)
        case inspect.IntType() | inspect.FloatType():
            whole = isinstance(kind, inspect.IntType)
            fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
            low, high = kind.ge, kind.le
            within = fits and (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]
            bounds = f" from {low} to {high}" if low is not None and high is not None else ""
            return None if within else _expected(("a whole number" if whole else "a number") + bounds, value)
        case inspect.BoolType():
            return None if isinstance(value, bool) else _expected("a boolean", value)
        case inspect.NoneType():
            return None if value is None else _expected("null", value)
        case inspect.DictType():
            return None if isinstance(value, dict) else _expected("an object", value)
        case _:
            assert isinstance(kind, inspect.AnyType), f"no body has a field of type {kind}"
            return None


def _text_problem(value: str, kind: inspect.StrType) -> str | None:
    low, high, pattern = kind.min_length, kind.max_length, kind.pattern
    if low is not None and len(value) < low:
        return f"Must have at least {low} character{'s' if low > 1 else ''}, got {len(value)}"
    if high is not None and len(value) > high:
        return f"Must have at most {high} characters, got {len(value)}"
    if pattern is not None and re.search(pattern, value) is None:
        return f"{PATTERN} {pattern}; got {_shown(value)}"
    return None


def _expected(what: str, value: object) -> str:
    return "This field may not be null" if value is None else f"Must be {what}, got {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return JSON_NAMES[type(value)]
    text = repr(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "…"


def _count(number: int) -> str:
    return f"{number} element" + ("" if number == 1 else "s")
