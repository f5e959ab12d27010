"""The JSON Schema of scenario files. ``python -m mock_truv.schema > docs/scenario.schema.json`` prints it."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_truv.core.profile import Profile
from mock_truv.core.scenario import FaultRule, Scenario


def scenario_schema() -> dict[str, Any]:
    """Return the schema of a scenario file as TOML gives it: no name, and a fault's fields beside ``after``."""
    (top,), parts = msgspec.json.schema_components([Scenario], ref_template="#/$defs/{name}")
    schema = dict(parts["Scenario"])
    assert top == {"$ref": "#/$defs/Scenario"}, "the scenario is a component of its own"
    schema["properties"] = {name: it for name, it in schema["properties"].items() if name != "name"}
    schema["required"] = [name for name in schema["required"] if name != "name"]
    _, knobs = msgspec.json.schema_components([Profile], ref_template="#/$defs/{name}")
    schema["properties"]["profile"] = {"$ref": "#/$defs/Profile"}
    own = {name: it for name, it in parts["FaultRule"]["properties"].items() if name != "fault"}
    definitions = {name: it for name, it in (parts | knobs).items() if name not in {"Scenario", "FaultRule"}}
    kinds = parts["FaultRule"]["properties"]["fault"]["anyOf"]
    for kind in kinds:
        name = kind["$ref"].rpartition("/")[2]
        definitions[name] = definitions[name] | {"properties": definitions[name]["properties"] | own}
    definitions["FaultRule"] = {"title": "FaultRule", "description": FaultRule.__doc__, "anyOf": kinds}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(scenario_schema()), indent=2).decode())  # noqa: T201
