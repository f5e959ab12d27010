"""Everything that must survive: one SQLite file. Short locks, never held while a request is open."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.contract.reference.pacing import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE TABLE IF NOT EXISTS gate (one INTEGER PRIMARY KEY, until_us, cause, failures, spent_us, closed_us);
CREATE TABLE IF NOT EXISTS cases (
    case_id TEXT PRIMARY KEY, person_ref, source_order, product, wanted, order_number, due_on, cycle DEFAULT '',
    state DEFAULT 'IDLE', reason, at_us, refusals DEFAULT 0, first_name, last_name, closed DEFAULT 0);
CREATE TABLE IF NOT EXISTS cycles (case_id, cycle, PRIMARY KEY (case_id, cycle)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cases_by_person ON cases (person_ref);
CREATE TABLE IF NOT EXISTS slots (
    case_id, employer_id, position, company, begun_on, link_id, source_order, source_sub, source_user, state,
    reason, at_us, attempt_id, tries DEFAULT 0, errors DEFAULT 0, limits DEFAULT 0, refusals DEFAULT 0,
    unknowns DEFAULT 0, offers DEFAULT 0, offered_us, data, data_cycle,
    PRIMARY KEY (case_id, employer_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS slots_by_link ON slots (link_id);
CREATE TABLE IF NOT EXISTS attempts (
    attempt_id INTEGER PRIMARY KEY, kind, case_id, person_ref, cycle, source_order, product, number, status, started_us,
    settle_us, order_id, created_us, url, expires_us, sent_us, polls DEFAULT 0, looks DEFAULT 0,
    refusals DEFAULT 0, user_id);
CREATE INDEX IF NOT EXISTS attempts_by_order ON attempts (order_id);
CREATE INDEX IF NOT EXISTS attempts_by_status ON attempts (status);
CREATE INDEX IF NOT EXISTS attempts_by_person ON attempts (person_ref, kind, status);
CREATE TABLE IF NOT EXISTS parts (
    attempt_id, case_id, employer_id, link_id, sub, PRIMARY KEY (attempt_id, case_id, employer_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_by_link ON parts (link_id);
CREATE INDEX IF NOT EXISTS parts_by_case ON parts (case_id);
CREATE TABLE IF NOT EXISTS subs (sub TEXT, attempt_id, PRIMARY KEY (sub, attempt_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
    attempt_id, link_id, at_us, PRIMARY KEY (link_id, at_us, attempt_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commits_by_attempt ON commits (attempt_id);
CREATE INDEX IF NOT EXISTS commits_by_time ON commits (at_us);
CREATE TABLE IF NOT EXISTS links (link_id TEXT PRIMARY KEY, state) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (kind, ident, at_us, rank, due, fails DEFAULT 0, PRIMARY KEY (kind, ident))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_by_rank ON timers (rank, at_us, due);
CREATE INDEX IF NOT EXISTS timers_by_time ON timers (at_us);
CREATE TABLE IF NOT EXISTS events (digest BLOB PRIMARY KEY, raw, at_us) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_waiting ON events (at_us) WHERE raw IS NOT NULL;
CREATE TABLE IF NOT EXISTS strangers (order_id TEXT PRIMARY KEY, at_us, looked) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, kind, case_id, person_ref, order_id, url, sent_at);
CREATE TABLE IF NOT EXISTS logs (seq INTEGER PRIMARY KEY, line);
"""
RANKS = {"attempt": 0, "person": 1, "case": 2}
"""What was begun is finished before something new is begun."""
Row = dict[str, Any]


class Store:
    """The file, and one connection to it that threads take turns with."""

    def __init__(self, folder: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._file = sqlite3.connect(Path(folder) / "reference.sqlite3", check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        self._file.executescript(f"PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; BEGIN; {SCHEMA} COMMIT;")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make what is done inside happen wholly or not at all, and alone."""
        with self._lock:
            if self._depth:
                yield
                return
            self._file.execute("BEGIN IMMEDIATE")
            self._depth, whole = 1, False
            try:
                yield
                whole = True
            finally:
                self._depth = 0
                self._file.execute("COMMIT" if whole else "ROLLBACK")

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Return all rows of a query."""
        with self._lock:
            return [dict(row) for row in self._file.execute(query, values)]

    def row(self, query: str, *values: Any) -> Row | None:
        """Return the first row of a query."""
        with self._lock:
            found = self._file.execute(query, values).fetchone()
            return None if found is None else dict(found)

    def do(self, query: str, *values: Any) -> int:
        """Carry out a statement; returns the id of the row that was inserted."""
        with self._lock:
            return self._file.execute(query, values).lastrowid or 0

    def change(self, table: str, key: dict[str, Any], **fields: Any) -> None:
        """Set fields of the rows with this key."""
        sets = ", ".join(f"{name} = ?" for name in fields)
        where = " AND ".join(f"{name} = ?" for name in key)
        self.do(f"UPDATE {table} SET {sets} WHERE {where}", *fields.values(), *key.values())  # noqa: S608 -- own names

    def insert(self, table: str, **fields: Any) -> int:
        """Insert a row; returns its id."""
        names, marks = ", ".join(fields), ", ".join("?" * len(fields))
        return self.do(f"INSERT INTO {table} ({names}) VALUES ({marks})", *fields.values())  # noqa: S608 -- own names

    def gate(self) -> Gate:
        """Return the account's gate."""
        row = self.row("SELECT until_us, cause, failures, spent_us, closed_us FROM gate")
        return Gate(**row) if row else Gate()

    def set_gate(self, gate: Gate) -> None:
        """Keep the account's gate."""
        self.do("INSERT OR REPLACE INTO gate VALUES (1, ?, ?, ?, ?, ?)",
                gate.until_us, gate.cause, gate.failures, gate.spent_us, gate.closed_us)  # fmt: skip

    def set_timer(self, kind: str, ident: str | int, at_us: int | None, due: str | None = None) -> None:
        """Arm the one timer of a case, an attempt or a person; None: disarm it."""
        if at_us is None:
            self.do("DELETE FROM timers WHERE kind = ? AND ident = ?", kind, str(ident))
            return
        self.do("INSERT INTO timers (kind, ident, at_us, rank, due) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " at_us = excluded.at_us, due = excluded.due",
                kind, str(ident), at_us, RANKS[kind], due or "")  # fmt: skip

    def case(self, case_id: str) -> Row | None:
        """Return a case."""
        return self.row("SELECT * FROM cases WHERE case_id = ?", case_id)

    def slots(self, case_id: str) -> list[Row]:
        """Return a case's wanted employers, in the order of the source order."""
        return self.rows("SELECT * FROM slots WHERE case_id = ? ORDER BY position", case_id)

    def parts(self, attempt_id: int) -> list[Row]:
        """Return the employers that an attempt is for, with what is known of them now."""
        return self.rows(
            "SELECT parts.*, company, begun_on, slots.source_order, slots.state, slots.attempt_id AS holder, closed"
            " FROM parts JOIN slots USING (case_id, employer_id) JOIN cases USING (case_id) WHERE parts.attempt_id = ?"
            " ORDER BY slots.case_id, slots.position", attempt_id)  # fmt: skip

    def commits(self, link_id: str, since_us: int) -> list[int]:
        """Return the instants of a connection's refreshes after an instant, oldest first."""
        found = self.rows("SELECT at_us FROM commits WHERE link_id = ? AND at_us > ? ORDER BY at_us", link_id, since_us)
        return [row["at_us"] for row in found]


def packed(value: Any) -> str:
    """Return a value as text for the file."""
    return msgspec.json.encode(value).decode()


def unpacked(text: str) -> Any:
    """Return what ``packed`` made a text of."""
    return msgspec.json.decode(text)
