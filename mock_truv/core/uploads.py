"""What an uploaded file shows of itself. Its content is never kept: only what processing asks of it.

``facts_of`` is taken where a file comes in, before the request is journaled, so that neither journal nor state holds a
person's papers. Two files are the same when their hashes are.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from hashlib import md5

import msgspec

from mock_truv.core.model import FileFacts

SMALLEST_BYTES, LARGEST_BYTES = 1024, 10 * 1024 * 1024
"""Sizes of a file that can be processed (collections_create)."""
MARK = "[file] "
"""Stands before the facts that take a content's place."""
NO_BASE64 = "[not base64]"
"""Takes the place of a content that is no file."""
READ_STREAMS, READ_BYTES = 40, 1024 * 1024
"""So many streams of a PDF are read, and so much of each, to find out what it is."""


MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF-", 0, "application/pdf"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"II*\0", 0, "image/tiff"),
    (b"MM\0*", 0, "image/tiff"),
    (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/x-ms-bmp"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypheix", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heif"),
    (b"ftypmsf1", 4, "image/heif"),
)
"""First bytes, where they stand, and what they say a file is."""
ENDS: dict[str, bytes] = {"application/pdf": b"%%EOF", "image/jpeg": b"\xff\xd9", "image/png": b"IEND"}
"""What stands within the last kilobyte of a whole file."""
MAKERS: dict[str, re.Pattern[bytes]] = {
    "forger": re.compile(rb"/(?:Producer|Creator)\s*\([^)]*(?:iLovePDF|Canva)", re.IGNORECASE),
    "editor": re.compile(rb"/(?:Producer|Creator)\s*\([^)]*(?:Foxit|Adobe Scan|CamScanner)", re.IGNORECASE),
}
"""Metadata of a PDF that tell of altering: it fails, or it is suspicious (document processing page)."""
_TYPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bssa ?1099\b"), "F1099"),
    (re.compile(r"\b1099(?: ?(div|g|int|misc|nec|r))?\b"), "F1099"),
    (re.compile(r"\b(?:f|form )?1040\b"), "F1040"),
    (re.compile(r"\bw ?2s?\b|wage and tax statement"), "W2"),
    (re.compile(r"pay ?(?:stub|slip|statement|check)|earnings statement"), "PAYSTUB"),
    (re.compile(r"bank ?statement"), "BANK_STATEMENT"),
    (re.compile(r"volunteer"), "VOLUNTEER_LETTER"),
    (re.compile(r"passport"), "PASSPORT"),
    (re.compile(r"green ?card|permanent resident"), "GREEN_CARD"),
    (re.compile(r"driver'?s? ?licen[sc]e"), "DRIVER_LICENSE"),
)
"""Words in a name or a text, and the type of document they tell."""


def reduced(content: str) -> str:
    """Return what takes the place of a base64 content: its facts, or that it is none."""
    try:
        raw = b64decode(content, validate=True)
    except (Base64Error, ValueError):
        return NO_BASE64
    return MARK + msgspec.json.encode(facts_of(raw)).decode()


def given_facts(content: str) -> FileFacts | None:
    """Return the facts of a content, reduced before or not; None: it is not base64.

    Only the border reduces, and it leaves no content of a client as it was: none can pretend to be reduced.
    """
    text = content if content.startswith(MARK) else reduced(content)
    return None if text == NO_BASE64 else msgspec.json.decode(text.removeprefix(MARK), type=FileFacts)


def facts_of(raw: bytes) -> FileFacts:
    """Return what processing asks of a file."""
    mime_type = next((kind for magic, at, kind in MAGIC if raw[at : at + len(magic)] == magic), None)
    is_pdf = mime_type == "application/pdf"
    return FileFacts(
        size_bytes=len(raw),
        md5sum=md5(raw, usedforsecurity=False).hexdigest(),
        mime_type=mime_type,
        is_whole=ENDS.get(mime_type or "", b"") in raw[-1024:],
        is_locked=is_pdf and b"/Encrypt" in raw,
        types=types_told(_text_of(raw)) if is_pdf else [],
        maker=next((maker for maker, pattern in MAKERS.items() if is_pdf and pattern.search(raw)), None),
    )


def types_told(text: str) -> list[tuple[str, str | None]]:
    """Return the types of document, each with its subtype, that a name or a text tells, each type once."""
    plain = re.sub(r"[\s._\-]+", " ", text.lower())
    found: dict[str, str | None] = {}
    for pattern, kind in _TYPES:
        match = pattern.search(plain)
        if match is not None:
            found.setdefault(kind, _subtype(kind, match, plain))
    return list(found.items())


def _subtype(kind: str, match: re.Match[str], text: str) -> str | None:
    if kind == "VOLUNTEER_LETTER":
        return "VOL_TRANSCRIPT" if "transcript" in text else "VOL_HOURS_LOG" if "log" in text else None
    if kind != "F1099":
        return None
    if match.group().startswith("ssa"):
        return "F_SSA1099"
    return f"F1099_{match[1].upper()}" if match[1] else None


def _text_of(raw: bytes) -> str:
    """Return the text that stands in a PDF in plain letters, packed or not."""
    parts = [raw]
    for match in list(re.finditer(rb"stream\r?\n", raw))[: 2 * READ_STREAMS]:
        try:
            parts.append(zlib.decompressobj().decompress(raw[match.end() :], READ_BYTES))
        except zlib.error:
            continue
    shown = b" ".join(b"".join(re.findall(rb"\(([^()]{0,500})\)", part)) for part in parts)
    return shown.decode("latin-1")
