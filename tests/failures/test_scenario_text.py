"""Any scenario can be written as a file and read again."""

from __future__ import annotations

import tomllib
from typing import Any

import jsonschema
import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from mock_truv.core import bounds
from mock_truv.core.scenario import Scenario
from mock_truv.scenarios import parse_scenario, scenario_text
from mock_truv.schema import scenario_schema

FITS = jsonschema.Draft202012Validator(scenario_schema())
DURATIONS = st.sampled_from(("0s", "250ms", "1d12h", "1.5h", "90d", "30m0.5s", "365d"))
PROFILES: list[dict[str, Any]] = [{}, {"refresh_limit": 5}, {"failure_events": ["task-status-updated"]}]
OWN = {"name": st.just("drawn"), "zone": st.sampled_from(("UTC", "America/New_York", "Pacific/Apia")),
       "profile": st.sampled_from(PROFILES)}  # fmt: skip


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Return a strategy of values of a type, in dictionaries and lists."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=about):
            form = (about or {}).get("description", "")
            return DURATIONS if form.startswith("a duration") else values(inner)
        case inspect.StructType():
            return structs(kind)
        case inspect.UnionType(types=types):
            return st.one_of([values(each) for each in types if not isinstance(each, inspect.NoneType)])
        case inspect.LiteralType(values=literals):
            return st.sampled_from(literals)
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.FloatType(ge=low, le=high):
            return st.floats(low, high)
        case inspect.BoolType():
            return st.booleans()
        case inspect.StrType(pattern=None):
            return st.text(st.characters(exclude_categories=["Cs"]), min_size=kind.min_length or 0,
                           max_size=min(kind.max_length or 30, 30))  # fmt: skip
        case inspect.StrType(pattern=pattern):
            return st.from_regex(str(pattern).removesuffix("$") + r"\Z").filter(
                lambda text: kind.max_length is None or len(text) <= kind.max_length
            )
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), min_size=kind.min_length or 0, max_size=min(kind.max_length or 3, 3))
        case _:
            raise AssertionError(f"no values are known of {kind}")


def structs(kind: inspect.StructType) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of a struct's fields, any of the optional ones left out."""
    own = OWN if kind.cls is Scenario else {}
    fields = {field.encode_name: own[field.encode_name] if field.encode_name in own else values(field.type)
              for field in kind.fields}  # fmt: skip
    needed = {field.encode_name for field in kind.fields if field.required}
    tag = {} if kind.tag is None else {str(kind.tag_field): st.just(kind.tag)}
    return st.fixed_dictionaries(
        tag | {name: each for name, each in fields.items() if name in needed},
        optional={name: each for name, each in fields.items() if name not in needed},
    )


def within_bounds(scenario: Scenario) -> bool:
    """Return whether nothing of a scenario's keys does not go together."""
    return not bounds.problems(scenario)


SCENARIOS = (
    values(inspect.type_info(Scenario)).map(lambda value: msgspec.convert(value, Scenario)).filter(within_bounds)
)


@given(SCENARIOS)
def test_any_scenario_survives_its_text(scenario: Scenario) -> None:
    """What is written of a scenario is read as the same one, fits the schema, and is written the same again."""
    text = scenario_text(scenario)
    again = parse_scenario(text, scenario.name, "drawn.toml")
    assert again == scenario
    assert scenario_text(again) == text
    FITS.validate(tomllib.loads(text))
