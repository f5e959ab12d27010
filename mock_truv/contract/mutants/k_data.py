"""Mutants of section K: data that are rounded, merged, filled in, or somebody else's."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

ITEM = '{**employment, "employer_id"'
"""Where the reference makes an item of an employment."""


def _item(change: str) -> tuple[Edit, ...]:
    return (Edit("prefill.py", ITEM, f'{{**employment, {change}, "employer_id"'),)


MUTANTS = (
    Mutant("RF-115", "money-as-floats", "Reads money as binary floating point.",
           _item('"income": float(employment["income"] or 0)')),
    Mutant("RF-115", "names-in-ascii", "Keeps only the ASCII characters of job titles, and cuts them.",
           _item('"job_title": (employment["job_title"] or "")[:9]')),
    Mutant("RF-116", "no-report-id", "Does not keep which report the data are from.",
           (Edit("prefill.py", '"report_id": newest["report_id"],', '"report_id": None,'),)),
    Mutant("RF-117", "reports-pile-up", "Appends the new report's employments to those of the last cycle.",
           (Edit("endings.py", '    fields: dict[str, Any] = {"data"',
                 '    old = context.store.row("SELECT data FROM slots WHERE case_id = ? AND employer_id = ?",\n'
                 '                            part["case_id"], part["employer_id"])\n'
                 '    finding.data["items"] += unpacked(old["data"])["items"] if old and old["data"] else []\n'
                 '    fields: dict[str, Any] = {"data"'),
            Edit("endings.py", "import packed", "import packed, unpacked"))),
    Mutant("RF-118", "null-is-zero", "Shows a missing end date as an empty text.",
           _item('"end_date": employment["end_date"] or ""')),
    Mutant("RF-119", "always-yearly", "Shows every income as if it were a year's.",
           _item('"income_unit": "YEARLY"')),
    Mutant("RF-120", "cache-by-order-number", "Keeps reports in a cache by order_number, which is not unique.",
           (Edit("reading.py", '    employments = entries(entry.get("employments"))\n',
                 '    known = vars(context.store).setdefault("reports", {})\n'
                 '    employments = entries(entry.get("employments"))\n'
                 '    employments = known.setdefault(order.get("order_number"), employments)\n'),)),
    Mutant("RF-121", "old-as-fresh", "Shows the last cycle's data as if they were fresh.",
           (Edit("prefill.py", '"stale": not fresh,', '"stale": False,'),)),
    Mutant("RF-121", "failure-empties-the-screen", "Takes the prefill away when a cycle fails.",
           (Edit("prefill.py", "    if not known:\n        return None\n", ""),
            Edit("prefill.py", "is_fresh(slot, cycle)]\n",
                 "is_fresh(slot, cycle)]\n    if not fresh:\n        return None\n"))),
)  # fmt: skip
