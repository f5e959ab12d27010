"""Names of the document: path parameters, operation ids, tags."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from mock_truv.api.dispatch import OPERATIONS, PREFIX

if TYPE_CHECKING:
    from mock_truv.api.call import Operation

_PARAMETER = re.compile(r"\{(\w+)\}")
_PAGE = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)+")
PARAMETERS = {"sandbox_scenario": "scenario_id", "company": "company_mapping_id", "product_type": "product_type"}
"""Kind of an object -> name of its parameter, where the facts do not call it by the kind."""


def parameter(kind: str) -> str:
    """Return the name of the path parameter that finds an object of a kind."""
    return PARAMETERS.get(kind, f"{kind}_id")


def kinds(operation: Operation) -> list[str]:
    """Return the kinds of objects that the path of an operation names."""
    return _PARAMETER.findall(operation.path)


def path_of(operation: Operation) -> str:
    """Return the path as the document has it: whole, its parameters named as in the facts."""
    return PREFIX + _PARAMETER.sub(lambda found: f"{{{parameter(found[1])}}}", operation.path)


def tag_of(operation: Operation) -> str:
    """Return the family of an operation: the first part of its path."""
    return operation.path.strip("/").split("/")[0]


@cache
def operation_ids() -> dict[tuple[str, str], str]:
    """Return {(method, path): name}: the reference's own name where it has one for this operation alone."""
    pages = {it: found[0] if (found := _PAGE.match(it.source)) else "" for it in OPERATIONS}
    often = Counter(pages.values())
    names = {}
    for it in OPERATIONS:
        words = [word for word in re.split(r"[/{}-]+", it.path) if word]
        own = "_".join([*words, it.method.lower()])
        names[it.method, it.path] = pages[it] if pages[it] and often[pages[it]] == 1 else own
    assert len(set(names.values())) == len(names), "two operations of one name"
    return names


def operation_id(operation: Operation) -> str:
    """Return the name of an operation."""
    return operation_ids()[operation.method, operation.path]
