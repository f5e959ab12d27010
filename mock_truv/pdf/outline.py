"""From a JSON document to pages: every key and every figure of it, in its own order and its own words.

A report gains keys as the service does; so nothing here knows a key by name, but for what makes a good heading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mock_truv.pdf.paper import Paper

NAMING = ("provider_name", "full_name", "job_title", "pay_date", "year", "name", "nickname", "filename", "id")
"""Keys that say best what an object is, the best first."""
WORDS = {
    "ytd": "YTD", "id": "ID", "ssn": "SSN", "ein": "EIN", "w2s": "W-2 forms", "voie": "VOIE", "gse": "GSE",
    "url": "URL", "dds": "DDS", "nsf": "NSF",
}  # fmt: skip
NOTHING = "\N{EN DASH}"
WIDEST_TABLE = 12
"""Objects with more keys than this are written one by one."""


def write(paper: Paper, value: Any, level: int = 1) -> None:
    """Write an object: first its plain facts, then its parts."""
    if isinstance(value, list):
        value = {"entries": value}
    if not isinstance(value, dict):
        value = {"value": value}
    plain = {label(key): text_of(each) for key, each in value.items() if _is_plain(each)}
    if plain:
        paper.facts(plain)
    for key, each in value.items():
        if not _is_plain(each):
            _write_part(paper, label(key), each, level)


def label(key: str) -> str:
    """Return a key as a person would write it: ``gross_pay_ytd`` → ``Gross pay YTD``."""
    words = [WORDS.get(word, word) for word in key.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def text_of(value: Any) -> str:
    """Return a plain value as it stands in the JSON: figures are never written differently."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(text_of(each) for each in value) or "none"
    return str(value)


def _write_part(paper: Paper, title: str, value: Any, level: int) -> None:
    if isinstance(value, dict):
        paper.heading(title, level)
        write(paper, value, level + 1)
    elif _is_table(value):
        names = list(dict.fromkeys(key for row in value for key in row))
        paper.heading(title, level)
        paper.table([label(name) for name in names], [[text_of(row.get(name)) for name in names] for row in value])
    else:
        for number, each in enumerate(value, 1):
            paper.heading(f"{title.removesuffix('s')} {number}: {_name_of(each)}", level)
            write(paper, each, level + 1)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(each, (dict, list)) for each in value)
    return not isinstance(value, dict)


def _is_table(rows: Iterable[Any]) -> bool:
    return all(
        isinstance(row, dict) and len(row) <= WIDEST_TABLE and all(_is_plain(each) for each in row.values())
        for row in rows
    )


def _name_of(value: Any) -> str:
    """Return what an object is called, or what the first object in it is called."""
    if not isinstance(value, dict):
        return text_of(value) if _is_plain(value) else ""
    for key in NAMING:
        if isinstance(value.get(key), (str, int)):
            return str(value[key])
    return next((_name_of(each) for each in value.values() if isinstance(each, dict)), "")
