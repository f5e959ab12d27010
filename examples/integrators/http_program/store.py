"""The database of the program: cases, the queue of jobs, the outbox, the log. Instants are microseconds since 1970."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
LOCAL = ("event", "click", "close")
"""Kinds of jobs that ask Truv nothing."""

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS docs (kind TEXT, id TEXT, doc TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT, kind TEXT, ref TEXT,
    due_us INTEGER, tries INTEGER DEFAULT 0, made_us INTEGER, payload TEXT,
    UNIQUE (case_id, kind, ref));
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_us);
CREATE TABLE IF NOT EXISTS truv_ids (truv_id TEXT, case_id TEXT, PRIMARY KEY (truv_id, case_id));
CREATE TABLE IF NOT EXISTS closed (case_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, message TEXT);
CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, line TEXT);
"""


@dataclass(frozen=True)
class Job:
    """One piece of work; it is in the queue until what it did is saved."""

    id: int
    case_id: str
    kind: str
    ref: str
    tries: int
    made_us: int
    payload: Any


def instant(text: Any) -> int | None:
    """Return an RFC 3339 time as an instant, None for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND_US + moment.microsecond


def text(instant_us: int | None) -> str | None:
    """Return an instant as RFC 3339 with ``Z``."""
    if instant_us is None:
        return None
    whole = datetime.fromtimestamp(instant_us // SECOND_US, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{instant_us % SECOND_US:06d}Z"


class Store:
    """One database; every transaction is short, and none is open while Truv is asked."""

    def __init__(self, directory: str) -> None:
        Path(directory).mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(Path(directory) / "renewals.sqlite", check_same_thread=False, isolation_level=None)
        self._db.executescript(TABLES)
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes within survive together, or none."""
        with self._lock:
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if not self._depth:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if not self._depth:
                self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def get(self, kind: str, ident: str) -> Any:
        """Return a document, None if there is none."""
        found = self.rows("SELECT doc FROM docs WHERE kind = ? AND id = ?", kind, ident)
        return json.loads(found[0][0]) if found else None

    def put(self, kind: str, ident: str, doc: Any) -> None:
        """Keep a document."""
        self.rows("INSERT OR REPLACE INTO docs VALUES (?, ?, ?)", kind, ident, json.dumps(doc))

    def drop(self, kind: str, ident: str) -> None:
        """Forget a document."""
        self.rows("DELETE FROM docs WHERE kind = ? AND id = ?", kind, ident)

    def all(self, kind: str) -> list[Any]:
        """Return all documents of a kind."""
        return [json.loads(doc) for (doc,) in self.rows("SELECT doc FROM docs WHERE kind = ? ORDER BY rowid", kind)]

    def add_job(self, case_id: str, kind: str, ref: str, due_us: int, now_us: int, payload: Any = None) -> None:
        """Put a job into the queue, in place of an equal one."""
        self.rows(
            "INSERT OR REPLACE INTO jobs (case_id, kind, ref, due_us, made_us, payload) VALUES (?, ?, ?, ?, ?, ?)",
            case_id, kind, ref, due_us, now_us, json.dumps(payload),
        )  # fmt: skip

    def drop_job(self, case_id: str, kind: str, ref: str = "") -> None:
        """Take a job out of the queue."""
        self.rows("DELETE FROM jobs WHERE case_id = ? AND kind = ? AND ref = ?", case_id, kind, ref)

    def hurry(self, case_id: str, kinds: tuple[str, ...], now_us: int, *, ref: str | None = None) -> None:
        """Make jobs of a case due now, as if they had never been tried."""
        marks = ", ".join("?" * len(kinds))
        update = f"UPDATE jobs SET due_us = min(due_us, ?), tries = 0 WHERE kind IN ({marks}) AND case_id = ?"
        self.rows(f"{update} AND coalesce(?, ref) = ref", now_us, *kinds, case_id, ref)

    def next_job(self, now_us: int, *, local: bool) -> Job | None:
        """Return the job that is due first; with ``local`` only of those that ask Truv nothing."""
        columns = "SELECT id, case_id, kind, ref, tries, made_us, payload FROM jobs WHERE due_us <= ?"
        kinds = f" AND kind IN {LOCAL}" if local else ""
        order = f" ORDER BY kind NOT IN {LOCAL}, due_us, id LIMIT 1"
        found = self.rows(columns + kinds + order, now_us)
        return Job(*(*found[0][:-1], json.loads(found[0][-1]))) if found else None

    def next_due_us(self, case_id: str | None = None) -> int | None:
        """Return when the next job is due, of all or of one case."""
        where, values = ("", ()) if case_id is None else (" WHERE case_id = ?", (case_id,))
        due_us: int | None = self.rows(f"SELECT min(due_us) FROM jobs{where}", *values)[0][0]
        return due_us

    def cases_of(self, *truv_ids: str | None) -> list[str]:
        """Return the cases that ids of Truv's concern."""
        marks = ", ".join("?" * len(truv_ids))
        return [
            row[0] for row in self.rows(f"SELECT DISTINCT case_id FROM truv_ids WHERE truv_id IN ({marks})", *truv_ids)
        ]

    def note(self, case_id: str, *truv_ids: str | None) -> None:
        """Remember which case ids of Truv's concern."""
        for truv_id in filter(None, truv_ids):
            self.rows("INSERT OR IGNORE INTO truv_ids VALUES (?, ?)", truv_id, case_id)

    def is_closed(self, case_id: str) -> bool:
        """Return whether a case was closed."""
        return bool(self.rows("SELECT 1 FROM closed WHERE case_id = ?", case_id))
