"""From types to JSON Schema (2020-12): components of shapes and bodies, parameters of query types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

from mock_truv.api.shapes.base import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.api.call import Operation

JsonObject = dict[str, Any]

MARKS = ("x-basis", "x-source", "description")
REFERENCE = "#/components/schemas/"
_DOTTED = re.compile(r"mock_truv\.api\.(\w+)\.(?:(\w+)\.)?(\w+)")
_GENERIC = re.compile(r"(\w+?)_(\w+)_")
_CODE = re.compile(r"``(.+?)``")


class Schemas:
    """The components of the document, and the schema of each type that an operation names."""

    def __init__(self, types: Iterable[Any]) -> None:
        wanted = list(dict.fromkeys(types))
        found, components = msgspec.json.schema_components(wanted, ref_template=REFERENCE + "{name}")
        names = {name: _short(name) for name in components}
        assert len(set(names.values())) == len(names), f"two types of one name: {sorted(names.values())}"
        self._schemas: dict[Any, JsonObject] = {
            kind: _renamed(schema, names) for kind, schema in zip(wanted, found, strict=True)
        }
        classes = {_found_name(kind, components): kind for kind in structs(wanted)}
        self.components: dict[str, JsonObject] = {
            names[name]: _marked(_renamed(components[name], names), names[name], classes.get(name))
            for name in sorted(components, key=names.__getitem__)
        }

    def of(self, kind: Any) -> JsonObject:
        """Return the schema of a type: a reference, or an array of references."""
        return self._schemas[kind]


def structs(types: Iterable[Any]) -> Iterator[Any]:
    """Yield every struct, or page of one, that types are made of, each once, outer ones first."""
    seen = set()
    waiting: list[Any] = list(inspect.multi_type_info(types))
    while waiting:
        match waiting.pop(0):
            case inspect.StructType(cls=kind, fields=fields) if kind not in seen:
                seen.add(kind)
                yield kind
                waiting += [field.type for field in fields]
            case inspect.Metadata(type=inner):
                waiting.append(inner)
            case inspect.UnionType(types=inner):
                waiting += inner
            case inspect.ListType(item_type=inner):
                waiting.append(inner)
            case inspect.DictType(value_type=inner):
                waiting.append(inner)


def types_of(operations: Iterable[Operation]) -> Iterator[Any]:
    """Yield the types of bodies and answers."""
    for operation in operations:
        yield from (kind for kind in (operation.body, operation.answer) if kind is not None)


def parameters_of(query: type) -> list[JsonObject]:
    """Return the query parameters that a type describes. An empty one counts as absent, so none may be null."""
    _, components = msgspec.json.schema_components([query], ref_template=REFERENCE + "{name}")
    schema = next(each for each in components.values() if each["title"] == query.__name__)
    parameters: list[JsonObject] = []
    for name, inner in schema["properties"].items():
        bare = _without_null(_inlined(inner, components))
        about: JsonObject = {key: bare.pop(key) for key in MARKS if key in bare}
        bare.pop("default", None)
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema["required"],
                "allowEmptyValue": True,
                "schema": bare,
                "x-basis": "documented",
                **about,
            }
        )
    return parameters


def plain_text(text: str) -> str:
    """Return a docstring as Markdown."""
    return _CODE.sub(r"`\1`", " ".join(text.split()))


def _inlined(schema: JsonObject, components: dict[str, JsonObject]) -> JsonObject:
    """Return a schema with references to enumerations replaced by them."""
    if "$ref" in schema:
        found = dict(components[schema["$ref"].removeprefix(REFERENCE)])
        return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_inlined(each, components) for each in schema["anyOf"]]}
    return schema


def _without_null(schema: JsonObject) -> JsonObject:
    given = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(given) == 1:
        return {**given[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    bare: JsonObject = dict(schema)
    return bare


def _short(name: str) -> str:
    """Return the name of a component: where two types share a name, the place of each is put before it."""
    if dotted := _DOTTED.fullmatch(name):
        if dotted[1] == "bodies":
            return "Sent" + ("" if dotted[2] == "common" else _words(dotted[2])) + dotted[3]
        return _words(dotted[2] or dotted[1]) + dotted[3]
    if generic := _GENERIC.fullmatch(name):
        return generic[2] + generic[1]
    return name


def _words(module: str) -> str:
    return "".join(word.capitalize() for word in module.split("_"))


def _found_name(kind: Any, components: dict[str, JsonObject]) -> str:
    """Return the name under which a struct stands in generated components."""
    if (origin := getattr(kind, "__origin__", None)) is not None:
        return f"{origin.__name__}_{'_'.join(each.__name__ for each in kind.__args__)}_"
    dotted = f"{kind.__module__}.{kind.__qualname__}"
    return dotted if dotted in components else kind.__name__


def _marked(schema: JsonObject, name: str, kind: Any) -> JsonObject:
    """Return a component with how sure we are of it and of each of its keys; an enumeration as it is."""
    described = {"title": name} | {key: value for key, value in schema.items() if key != "title"}
    if "description" in described:
        described["description"] = plain_text(described["description"])
    if kind is None:
        return described
    shape = getattr(kind, "__origin__", kind)
    basis = shape.BASIS if issubclass(shape, Shape) else "documented"
    described["x-basis"] = basis
    if issubclass(shape, Shape):
        described["x-source"] = shape.SOURCE
    described["properties"] = {
        key: {**inner, "x-basis": inner.get("x-basis", basis)} for key, inner in schema["properties"].items()
    }
    return described


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {key: _renamed(value, names) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_renamed(each, names) for each in schema]
    if isinstance(schema, str) and schema.startswith(REFERENCE):
        return REFERENCE + names.get(name := schema.removeprefix(REFERENCE), name)
    return schema
