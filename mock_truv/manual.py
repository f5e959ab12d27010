"""Tables of the manual, printed from the registries. ``python -m mock_truv.manual README.md`` puts them into a file.

In the file a table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.core.tasks import NEXT

_PLACE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def operations() -> str:
    """Return the table of all operations under ``/v1``: how sure we are of each, and where it is documented."""
    rows = ["| operation | basis | source |", "| --- | --- | --- |"]
    rows += [f"| `{it.method} /v1{it.path}` | {it.basis} | {it.source} |" for it in OPERATIONS]
    return "\n".join(rows) + "\n"


def task_states() -> str:
    """Return the table of a task's statuses and what may follow each."""
    rows = ["| status | may be followed by |", "| --- | --- |"]
    for status, following in NEXT.items():
        running = [each for each in following if NEXT[each]]
        shown = ", ".join([*sorted(running), "done"] if "done" in following else sorted(running))
        rows.append(f"| `{status}` | {shown + ', or an error status' if following else 'nothing: it is final'} |")
    return "\n".join(rows) + "\n"


TABLES = {"operations": operations, "task_states": task_states}


def filled(text: str) -> str:
    """Return a page with every table as the registries have it now."""
    return _PLACE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[4]}", text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(filled(page.read_text()))
