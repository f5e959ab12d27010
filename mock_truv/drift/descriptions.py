"""A description of an API as a value: operations by method and path, each with parameters, body and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.drift.schemas import DescriptionError, JsonObject, Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PREFIX = "/v1"
KEY_HEADERS = frozenset({"x-access-client-id", "x-access-secret", "authorization", "accept", "content-type"})
"""Headers that are no parameters: the keys are told as security, the others by the content."""
_NAMED = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Origin:
    """How sure we are of something of ours, and from where we have it."""

    basis: str = ""
    source: str = ""

    def of(self, holder: Mapping[str, Any]) -> Origin:
        """Return the origin of a part: what it says itself, else that of the whole."""
        return Origin(str(holder.get("x-basis") or self.basis), str(holder.get("x-source") or self.source))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation."""

    schema: JsonObject
    required: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Content:
    """A body: its media type and its schema."""

    media_type: str
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class Described:
    """An operation as a description has it."""

    method: str
    path: str
    """As written, but always with ``/v1``."""
    origin: Origin
    parameters: Mapping[str, Parameter]
    """Place -> parameter: ``query page``, ``header x-name``, ``path 1`` (those of the path have no names)."""
    body: Content | None
    answers: Mapping[str, Content | None]
    """Status, or ``2XX``, or ``default`` -> what is answered."""

    @property
    def name(self) -> str:
        """``GET /v1/users/{user_id}/``."""
        return f"{self.method} {self.path}"

    def good(self) -> dict[str, Content | None]:
        """Return the answers that say that all went well."""
        return {status: content for status, content in self.answers.items() if status.startswith("2")}


class Description:
    """All operations of a document, and its schemas."""

    def __init__(self, document: JsonObject) -> None:
        self.schemas = Schemas(document)
        self.operations: dict[str, Described] = {}
        """Key (see ``key_of``) -> operation; of two that differ in a trailing slash only, the first."""
        for operation in self._read(document):
            self.operations.setdefault(key_of(operation.method, operation.path), operation)

    def _read(self, document: JsonObject) -> Iterator[Described]:
        paths = document.get("paths")
        if not isinstance(paths, dict):
            raise DescriptionError("it has no `paths`")
        for path, item in paths.items():
            whole = self.schemas.follow(item)
            for method in METHODS:
                if isinstance(about := whole.get(method), dict):
                    yield self._operation(method.upper(), path, about, whole)

    def _operation(self, method: str, path: str, about: JsonObject, item: JsonObject) -> Described:
        origin = Origin().of(about)
        responses = about.get("responses")
        answers = {
            str(status).upper() if str(status).upper() == "2XX" else str(status): self._content(self.schemas.follow(it))
            for status, it in (responses if isinstance(responses, dict) else {}).items()
        }
        body = about.get("requestBody")
        return Described(
            method=method,
            path=shown_path(path),
            origin=origin,
            parameters=dict(self._parameters(path, [*_list(item), *_list(about)], origin)),
            body=None if body is None else self._content(self.schemas.follow(body)),
            answers=answers,
        )

    def _parameters(self, path: str, given: list[Any], origin: Origin) -> Iterator[tuple[str, Parameter]]:
        order = {name: str(place) for place, name in enumerate(re.findall(r"\{([^{}]*)\}", path), start=1)}
        for each in given:
            about = self.schemas.follow(each)
            where, name = str(about.get("in")), str(about.get("name"))
            if where == "header" and name.lower() in KEY_HEADERS:
                continue
            content = self._content(about)
            schema = about.get("schema") if content is None else content.schema
            shown = order.get(name, name) if where == "path" else name.lower() if where == "header" else name
            required = where == "path" or about.get("required") is True
            yield f"{where} {shown}", Parameter(schema if isinstance(schema, dict) else {}, required, origin.of(about))

    @staticmethod
    def _content(holder: JsonObject) -> Content | None:
        """Return the content that is compared: JSON if there is one, else a form; a PDF beside it is not looked at."""
        content = holder.get("content")
        if not isinstance(content, dict):
            return None
        kinds = sorted(content, key=lambda kind: (not kind.startswith("application/json"), not is_json(kind)))
        for kind in kinds:
            if is_json(kind) or kind.startswith(("multipart/", "application/x-www-form-urlencoded", "*/")):
                schema = content[kind].get("schema") if isinstance(content[kind], dict) else None
                return Content(kind, schema if isinstance(schema, dict) else {})
        return None


def key_of(method: str, path: str) -> str:
    """Return the key under which an operation is found: no ``/v1``, no names of parameters, no slash at the end."""
    return f"{method.upper()} {_NAMED.sub('{}', shown_path(path)).removeprefix(PREFIX).rstrip('/')}"


def shown_path(path: str) -> str:
    """Return a path with ``/v1``, whether the document has it there or in the address of the server."""
    return path if path == PREFIX or path.startswith(f"{PREFIX}/") else f"{PREFIX}/{path.lstrip('/')}"


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def read_description(path: Path) -> Description:
    """Return the description in a file.

    Raises:
        DescriptionError: It cannot be read, is no JSON, no OpenAPI 3, or its references are wrong.
    """
    try:
        document = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise DescriptionError(error.strerror or str(error)) from None
    except msgspec.DecodeError as error:
        raise DescriptionError(
            f"it is no JSON ({error}); of a description in YAML, make JSON first, as with `yq -o json`"
        ) from None
    except RecursionError:
        raise DescriptionError("it is nested too deeply") from None
    version = document.get("openapi", document.get("swagger")) if isinstance(document, dict) else None
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
        found = "it names no version" if version is None else f"it says {version}"
        raise DescriptionError(f"OpenAPI 3.0 or 3.1 is wanted, and {found}")
    try:
        return Description(document)
    except RecursionError:
        raise DescriptionError("it is nested too deeply") from None


def _list(holder: JsonObject) -> list[Any]:
    found = holder.get("parameters")
    return found if isinstance(found, list) else []
