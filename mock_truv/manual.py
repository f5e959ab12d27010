"""Tables of the manual, printed from the registries. ``python -m mock_truv.manual README.md`` puts them into a file.

In the file a table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import inspect

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.contract.clauses import all_clauses
from mock_truv.core.faults import RequestFault, RequestFaults, WebhookFault, WebhookFaults
from mock_truv.core.instants import text_z
from mock_truv.core.profile import PRESETS, Profile, differences, preset
from mock_truv.core.scenario import Scenario
from mock_truv.core.tasks import NEXT
from mock_truv.runtime.hub import load_catalog
from mock_truv.scenarios import scenario_text, shipped

_PLACE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def operations() -> str:
    """Return the table of all operations under ``/v1``: how sure we are of each, and where it is documented."""
    rows = ["| operation | basis | source |", "| --- | --- | --- |"]
    rows += [f"| `{it.method} /v1{it.path}` | {it.basis} | {it.source} |" for it in OPERATIONS]
    return "\n".join(rows) + "\n"


def task_states() -> str:
    """Return the table of a task's statuses and what may follow each."""
    rows = ["| status | may be followed by |", "| --- | --- |"]
    for status, following in NEXT.items():
        running = [each for each in following if NEXT[each]]
        shown = ", ".join([*sorted(running), "done"] if "done" in following else sorted(running))
        rows.append(f"| `{status}` | {shown + ', or an error status' if following else 'nothing: it is final'} |")
    return "\n".join(rows) + "\n"


def knobs() -> str:
    """Return the table of all knobs: default, values, how sure the default is, and its source."""
    rows = ["| knob | default | values | basis | source | does |", "| --- | --- | --- | --- | --- | --- |"]
    default: dict[str, Any] = msgspec.to_builtins(Profile())
    for field in inspect.type_info(Profile).fields:  # type: ignore[attr-defined]
        about = field.type.extra_json_schema
        value = msgspec.json.encode(default[field.name]).decode()
        cells = [f"`{field.name}`", f"`{value}`", _values(field.type.type), about["x-basis"], about["x-source"],
                 about["description"]]  # fmt: skip
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def presets() -> str:
    """Return the table of presets: what each changes."""
    rows = ["| preset | differs from `documented` in |", "| --- | --- |"]
    for name in PRESETS:
        changed = differences(preset(name))
        shown = ", ".join(f"`{knob} = {msgspec.json.encode(value).decode()}`" for knob, value in changed.items())
        rows.append(f"| `{name}` | {shown or 'nothing: it is the default'} |")
    return "\n".join(rows) + "\n"


def _values(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner):
            return _values(inner)
        case inspect.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case inspect.UnionType(types=types):
            return " or ".join(_values(each) for each in types)
        case inspect.IntType(ge=low, le=high):
            return f"{low} to {high}"
        case inspect.VarTupleType(item_type=item):
            return f"list of {_values(item)}"
        case inspect.BoolType():
            return "`true`, `false`"
        case inspect.NoneType():
            return "`null`"
        case _:
            return "text"


def scenarios() -> str:
    """Return a section for every shipped scenario: what happens, why, what a sound integrator does, the file."""
    parts = []
    for name, scenario in shipped().items():
        clauses = ", ".join(scenario.clauses)
        parts.append(
            f"### {name}\n\n**{scenario.title}.** {scenario.why}\n\n*A sound integrator:* {scenario.expect}\n"
            + (f"\nClauses: {clauses}.\n" if clauses else "")
            + _setup(scenario)
        )
    return "\n".join(parts)


def _setup(scenario: Scenario) -> str:
    """Return the part of a scenario file that is not prose."""
    text = scenario_text(scenario)
    start = text.find("\n[")
    return "" if start < 0 else f"\n```toml\n{text[start + 1 :]}```\n"


def faults() -> str:
    """Return the table of all kinds of faults with their fields."""
    rows = ["| kind | side | fields | does |", "| --- | --- | --- | --- |"]
    common = set(RequestFault.__struct_fields__) | set(WebhookFault.__struct_fields__)
    for kind in (*get_args(RequestFaults), *get_args(WebhookFaults)):
        side = "API" if issubclass(kind, RequestFault) else "webhooks"
        fields = ", ".join(f"`{name}`" for name in kind.__struct_fields__ if name not in common)
        tag = kind.__struct_config__.tag
        rows.append(f"| `{tag}` | {side} | {fields or 'none'} | {(kind.__doc__ or '').splitlines()[0]} |")
    return "\n".join(rows) + "\n"


def providers() -> str:
    """Return the table of the shipped payroll providers and their habits."""
    rows = [
        "| provider | connection | lives | second factor | task | outages |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for it in load_catalog().providers:
        lives = "no end" if it.lifetime_days is None else f"{it.lifetime_days} days"
        outages = ", ".join(text_z(each.from_us)[:16].replace("T", " ") for each in it.outages)
        cells = [f"`{it.id}` {it.name}", it.kind, lives, it.second_factor, f"{it.task_seconds} s", outages or "none"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def clauses() -> str:
    """Return the table of all clauses: level, what each says, what it needs, and its source."""
    rows = ["| clause | level | name | says | needs | source |", "| --- | --- | --- | --- | --- | --- |"]
    section = ""
    for it in all_clauses().values():
        if it.section != section:
            section = it.section
            rows.append(f"| | | **{section}** | | | |")
        needs = ", ".join(it.needs)
        rows.append(f"| {it.id} | {it.level} | {it.name} | {it.statement} | {needs} | {it.source} |")
    return "\n".join(rows) + "\n"


TABLES = {
    "clauses": clauses,
    "faults": faults,
    "knobs": knobs,
    "operations": operations,
    "presets": presets,
    "providers": providers,
    "scenarios": scenarios,
    "task_states": task_states,
}


def filled(text: str) -> str:
    """Return a page with every table as the registries have it now."""
    return _PLACE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[4]}", text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(filled(page.read_text()))
