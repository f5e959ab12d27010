"""The report as JUnit XML, for the test views of CI systems: one case a clause."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mock_truv.contract.clause import Kind
from mock_truv.contract.reports.terminal import failure_text
from mock_truv.contract.results import Result, RunReport

SKIPPED = (Kind.NOT_APPLICABLE, Kind.INCONCLUSIVE, Kind.DECLARED)


def junit_report(report: RunReport) -> str:
    """Return the report as XML text."""
    results = report.results.values()
    suite = ET.Element(
        "testsuite",
        name="refresh contract",
        tests=str(len(results)),
        failures=str(sum(not result.is_good for result in results)),
        errors=str(len(report.troubles)),
        skipped=str(sum(result.kind in SKIPPED for result in results)),
        time=f"{report.seconds:.3f}",
    )
    for result in results:
        _add_case(suite, result)
    for trouble in report.troubles:
        case = ET.SubElement(suite, "testcase", classname="refresh-contract.adapter", name=trouble.call)
        error = ET.SubElement(case, "error", message=_clean(trouble.problem))
        error.text = _clean(trouble.details)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ET.Element, result: Result) -> None:
    clause = result.clause
    section = clause.section.partition(".")[0]
    name = f"{clause.id} {clause.level} {clause.name}"
    case = ET.SubElement(suite, "testcase", classname=f"refresh-contract.{section}", name=_clean(name))
    if result.failure is not None and result.known_gap is None:
        failure = ET.SubElement(case, "failure", message=_clean(result.failure.breach.what), type=clause.id)
        failure.text = _clean(failure_text(result.failure))
    elif not result.is_good:
        ET.SubElement(case, "failure", message=f"the known gap is closed: {_clean(result.known_gap or '')}")
    elif result.known_gap is not None:
        ET.SubElement(case, "skipped", message=f"known gap: {_clean(result.known_gap)}")
    elif result.kind in SKIPPED:
        ET.SubElement(case, "skipped", message=f"{result.kind}: {_clean(result.reason)}")


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(char if char in "\t\n" or " " <= char <= "\ud7ff" or char >= "\ue000" else "�" for char in text)
