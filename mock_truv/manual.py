"""Tables of the manual, printed from the registries. ``python -m mock_truv.manual README.md`` puts them into a file.

In the file a table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import inspect

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.declarations import DECLARATIONS
from mock_truv.core.faults import RequestFault, RequestFaults, WebhookFault, WebhookFaults
from mock_truv.core.instants import text_z
from mock_truv.core.profile import PRESETS, Profile, differences, preset
from mock_truv.core.scenario import Scenario
from mock_truv.core.tasks import NEXT
from mock_truv.drift.probes import PROBES
from mock_truv.openapi.document import document
from mock_truv.openapi.paths import path_of
from mock_truv.openapi.tour import tour
from mock_truv.runtime.hub import load_catalog
from mock_truv.scenarios import scenario_text, shipped

_PLACE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def operations() -> str:
    """Return the table of all operations under ``/v1``: how sure we are of each, and where it is documented."""
    rows = ["| operation | basis | source |", "| --- | --- | --- |"]
    rows += [f"| `{it.method} /v1{it.path}` | {it.basis} | {it.source} |" for it in OPERATIONS]
    return "\n".join(rows) + "\n"


def operation_knobs() -> str:
    """Return the table of all operations with the knobs that each reads when it is called with good input."""
    read: dict[tuple[str, str], set[str]] = {}
    for stop in tour():
        read.setdefault((stop.method, stop.path), set()).update(stop.knobs)
    rows = ["| operation | basis | source | knobs |", "| --- | --- | --- | --- |"]
    for it in OPERATIONS:
        names = ", ".join(f"`{knob}`" for knob in sorted(read.get((it.method, it.path), ())))
        rows.append(f"| `{it.method} {path_of(it)}` | {it.basis} | {it.source} | {names} |")
    return "\n".join(rows) + "\n"


def doubtful_keys() -> str:
    """Return the table of all keys of answers, and of all query parameters, that are not documented as they are."""
    described = document()
    rows = ["| object | key | basis | source |", "| --- | --- | --- | --- |"]
    for name, component in described["components"]["schemas"].items():
        basis = component.get("x-basis", "documented")
        if basis != "documented":
            rows.append(f"| {name} | *all* | {basis} | {component['x-source']} |")
        for key, about in component.get("properties", {}).items():
            if "x-source" in about:
                rows.append(f"| {name} | `{key}` | {about['x-basis']} | {about['x-source']} |")
    for path, item in described["paths"].items():
        for method, shown in item.items():
            for each in shown.get("parameters", ()):
                if "x-source" in each:
                    cells = [f"`{method.upper()} {path}`", f"`?{each['name']}`", each["x-basis"], each["x-source"]]
                    rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def bases() -> str:
    """Return the table of how many operations, keys and knobs rest on what."""
    described = document()
    keys = [
        about["x-basis"]
        for component in described["components"]["schemas"].values()
        for about in component.get("properties", {}).values()
    ]
    fields = inspect.type_info(Profile).fields  # type: ignore[attr-defined]
    counted = {
        "operations": [it.basis for it in OPERATIONS],
        "keys": keys,
        "knobs": [field.type.extra_json_schema["x-basis"] for field in fields],
    }
    rows = ["| | documented | inferred | assumed |", "| --- | --- | --- | --- |"]
    for name, found in counted.items():
        figures = " | ".join(str(found.count(basis)) for basis in ("documented", "inferred", "assumed"))
        rows.append(f"| {name} | {figures} |")
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


def personas() -> str:
    """Return the table of the shipped people: the login names that lead to them, what for, and their jobs."""
    rows = ["| person | login names | is for | jobs: kind, frequency, basis, form |", "| --- | --- | --- | --- |"]
    for key, it in load_catalog().people.items():
        forms = {"W2": "W-2", "F1099_NEC": "1099-NEC"}
        terms = Counter(
            f"{job.job_type} {job.pay_frequency} {job.basis_of_pay} {forms[job.tax_form]}"
            if job.pay_frequency
            else f"{job.job_type} unpaid"
            for job in it.jobs
        )
        jobs = "; ".join(f"{count} times {what}" if count > 1 else what for what, count in terms.items())
        names = ", ".join(f"`{name}`" for name in it.usernames)
        rows.append(f"| {key} | {names} | {it.title} | {jobs} |")
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


def declarations() -> str:
    """Return the table of everything that a manifest may hold."""
    rows = ["| key | form | where it is missing | what it is for |", "| --- | --- | --- | --- |"]
    for it in DECLARATIONS:
        default = f"`{it.default}`" if it.default else "nothing"
        rows.append(f"| `{it.key}` | {it.form} | {default} | {it.meaning} |")
    return "\n".join(rows) + "\n"


def probes() -> str:
    """Return the table of what ``drift --live`` asks a service, in order."""
    rows = ["| request | kind | expects | may be refused with |", "| --- | --- | --- | --- |"]
    for it in PROBES:
        query = f"?{it.query}" if it.query else ""
        expects = "what is described" if it.expects is None else str(it.expects)
        without = "" if it.keys else ", without keys"
        refusals = ", ".join(map(str, sorted(it.refusals)))
        rows.append(f"| `{it.method} /v1{it.path}{query}`{without} | {it.group} | {expects} | {refusals} |")
    return "\n".join(rows) + "\n"


TABLES = {
    "bases": bases,
    "clauses": clauses,
    "declarations": declarations,
    "doubtful_keys": doubtful_keys,
    "faults": faults,
    "knobs": knobs,
    "operation_knobs": operation_knobs,
    "operations": operations,
    "personas": personas,
    "presets": presets,
    "probes": probes,
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
