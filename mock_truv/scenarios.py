"""Scenario files: TOML to a checked ``Scenario``. Errors name file, line and key, and say what would be right."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from mock_truv.api.parsing import parse_value
from mock_truv.core import bounds
from mock_truv.core.errors import WrongInput
from mock_truv.core.profile import Profile
from mock_truv.core.scenario import Scenario
from mock_truv.resources import read_files


class ScenarioError(ValueError):
    """A scenario is unknown, unfit, or its file is wrong; every problem stands on a line of its own."""


@lru_cache(maxsize=1)
def shipped() -> dict[str, Scenario]:
    """Return all shipped scenarios by name, sorted."""
    return {
        name: parse_scenario(content.decode(), name, f"{name}.toml")
        for name, content in read_files("scenarios", ".toml").items()
    }


def load_scenario(name: str) -> Scenario:
    """Return a shipped scenario by name, or the scenario of a file.

    Raises:
        ScenarioError: There is neither, or the file is wrong.
    """
    files = read_files("scenarios", ".toml")
    if name in files:
        return parse_scenario(files[name].decode(), name, f"{name}.toml")
    path = Path(name)
    if not path.is_file():
        raise ScenarioError(f"there is no scenario {name!r} and no such file; `mock-truv scenarios list` shows all")
    try:
        return parse_scenario(path.read_text(encoding="utf-8"), path.stem, str(path))
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: not UTF-8: {error}") from None


def parse_scenario(text: str, name: str, file: str) -> Scenario:
    """Return the scenario of a TOML text; its name is the file's.

    Raises:
        ScenarioError: Every problem, with file, line and key.
    """
    try:
        value: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file}: {error}") from None
    if "name" in value:
        raise ScenarioError(f"{file}:{_line(text, 'name')}: name: leave it out; the file's name is the scenario's")
    problems: list[tuple[str, str]] = []
    try:
        parse_value(msgspec.to_builtins(Profile()) | _table(value, "profile"), Profile)
    except WrongInput as error:
        problems += [(f"profile.{field}", message) for field, message in _params(error)]
    try:
        scenario = parse_value({"name": name, **_arranged(value)}, Scenario)
    except WrongInput as error:
        problems += _params(error)
    else:
        problems += [*bounds.problems(scenario), *_of_zone(scenario.zone)]
    if problems:
        lines = [f"{file}:{_line(text, field)}: {_shown(field)}: {message}" for field, message in problems]
        raise ScenarioError("\n".join(lines))
    return scenario


def scaled(scenario: Scenario, cases: int | None) -> Scenario:
    """Return a scenario with about ``cases`` cases in the same mix; None: with as many as it has.

    Raises:
        ScenarioError: It brings no cases of its own.
    """
    if not scenario.person:
        raise ScenarioError(f"the scenario {scenario.name!r} brings no cases of its own; use bulk-renewals")
    if cases is None:
        return scenario
    total = sum(rule.count for rule in scenario.person)
    people = tuple(
        msgspec.structs.replace(rule, count=max(round(rule.count * cases / total), 1)) for rule in scenario.person
    )
    return msgspec.structs.replace(scenario, person=people)


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML, such that ``parse_scenario`` gives it back."""
    value: dict[str, Any] = msgspec.to_builtins(scenario)
    value.pop("name")
    tables = {key: value.pop(key) for key in ("profile", *TABLES) if key in value}
    lines = [f"{key} = {_toml(each)}" for key, each in value.items()]
    for key, table in tables.items():
        for row in [table] if key == "profile" else table:
            flat = {**row.pop("fault"), **row} if key == "fault" else row
            lines += ["", f"[{key}]" if key == "profile" else f"[[{key}]]"]
            lines += [f"{name} = {_toml(each)}" for name, each in flat.items() if each is not None]
    return "\n".join(lines) + "\n"


TABLES = ("connection", "provider", "fault", "person", "driver")
FAULT_OWN = ("after", "lasting")


def _arranged(value: dict[str, Any]) -> dict[str, Any]:
    """Return the value with each fault's own fields in a table of their own."""
    rows = value.get("fault")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return value
    arranged = [
        {
            "fault": {key: each for key, each in row.items() if key not in FAULT_OWN},
            **{key: each for key, each in row.items() if key in FAULT_OWN},
        }
        for row in rows
    ]
    return value | {"fault": arranged}


def _of_zone(zone: str | None) -> list[tuple[str, str]]:
    """Return the problem of a time zone that this machine does not know; where it knows none, any will do."""
    if zone is None:
        return []
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError, a folder of zones is an OSError
        if available_timezones():
            return [("zone", f"No time zone is called {zone!r}; the names are those of IANA, such as Europe/Berlin")]
    return []


def _table(value: dict[str, Any], key: str) -> dict[str, Any]:
    table = value.get(key, {})
    return table if isinstance(table, dict) else {}


def _params(error: WrongInput) -> list[tuple[str, str]]:
    return [(it["field"], it["message"]) for it in (error.extra or {})["invalid-params"]]


def _shown(field: str) -> str:
    return field.replace(".fault.", ".").removesuffix(".fault")


def _line(text: str, field: str) -> int:
    """Return the line of a key such as ``connection[1].locked_after``; of its table if the key is missing."""
    table, _, key = _shown(field).rpartition(".")
    match = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", table or "")
    wanted, ordinal = (match[1], int(match[2] or 0)) if match else ("", 0)
    key = key.partition("[")[0]
    current, seen, table_line = "", -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w-]+)\s*\]?\]", line)
        if header:
            current = header[1]
            if not wanted and current == key:
                return number  # the table itself is what is wrong
            seen += current == wanted
            if current == wanted and seen == ordinal:
                table_line = number
            continue
        inside = current == wanted and (not wanted or seen == ordinal)
        if inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return table_line


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")  # which TOML, unlike JSON, wants escaped
