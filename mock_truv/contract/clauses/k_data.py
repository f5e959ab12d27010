"""K. Fidelity of the prefilled data: equal to the new report, with provenance, nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import at, prefill_orders
from mock_truv.contract.clauses.prefills import differences, items, prefills
from mock_truv.contract.history import texts_of
from mock_truv.contract.plan import person, plan
from mock_truv.core.faults import Duplicate, Slow
from mock_truv.core.instants import SECOND_US, parse_instant
from mock_truv.core.scenario import ConnectionRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import CaseFacts, History
    from mock_truv.contract.operations import Shown
    from mock_truv.core.scenario import Scenario

SECTION = "K. Fidelity of the prefilled data"
EARLIER = "10d"


def _values() -> tuple[Scenario, ...]:
    people = [
        PersonRule(login=login)
        for login in (
            "hourly.two-jobs", "goodlogin", "terminated.recently", "goodlogin.semimonthly", "multiple.employments2",
        )
    ]  # fmt: skip
    return (
        plan("A salary with many deductions", lasts="1d"),
        plan("Five people with awkward pay", people=people, lasts="1d"),
        plan("The report stands in the order alone", people=PersonRule(login="hourly.two-jobs"),
             profile={"report_place": "order"}, lasts="1d"),
        plan("Employment alone", people=PersonRule(product="employment"), lasts="1d"),
    )  # fmt: skip


@clause(
    "RF-115", "MUST", "equal to the report of the new order", section=SECTION,
    source="report reference pages", plans=_values,
    advice="Copy Truv's values as text: parse no money as floating point, no date through a zone, drop no character.",
)  # fmt: skip
def equal_to_the_report(history: History) -> Iterator[Trigger | Breach]:
    """What is prefilled equals the report of the order that it names, field by field, money to the last digit."""
    for shown in _all_prefills(history):
        for item in items(history, shown):
            if item.true is None:
                continue
            yield Trigger(shown.at_us, f"an employment of {shown.view.case_id} is prefilled")
            for path, given, true in differences(item.given, item.true):
                kind = f" (a {type(given).__name__})" if str(given) == str(true) else ""
                yield Breach(
                    shown.at_us,
                    f"{shown.view.case_id}: {path} is prefilled as {given!r}{kind} at {at(history, shown.at_us)}; the "
                    f"report of order {(shown.view.prefill or {}).get('order_id')} says {true!r}",
                    "the report's own value, unchanged; money as decimal text",
                    ops=(shown,),
                )
                break


@clause(
    "RF-116", "MUST", "provenance", section=SECTION,
    source="data refresh page: the refresh is a new order", plans=_values,
    advice="Store with the data the new order's id, the report's id and the instant of completion, and show them.",
)  # fmt: skip
def names_where_it_is_from(history: History) -> Iterator[Trigger | Breach]:
    """A prefill names the order and the report it comes from, and when that was completed."""
    for shown in _all_prefills(history):
        prefill, case_id = shown.view.prefill or {}, shown.view.case_id
        yield Trigger(shown.at_us, f"{case_id} has a prefill")
        for what in _missing_provenance(history, shown, prefill):
            yield Breach(
                shown.at_us,
                f"{case_id}, prefilled at {at(history, shown.at_us)}: {what}",
                "order_id, report_id and as_of of the order whose data are shown",
                ops=(shown,),
            )
            break


def _missing_provenance(history: History, shown: Shown, prefill: Any) -> Iterator[str]:
    ids = prefill_orders(shown.view)
    known = {facts.order_id for facts in history.cases.values()}
    if not ids or not prefill.get("report_id"):
        yield "the prefill names no order" if not ids else "the prefill names no report"
        return
    strangers = [ident for ident in ids if history.order(ident) is None and ident not in known]
    if strangers:
        yield f"the prefill names the order {strangers[0]}, which Truv does not have"
        return
    order = history.order(str(prefill.get("order_id")))
    as_of_us = _instant(prefill.get("as_of"))
    if as_of_us is None:
        yield f"the prefill's as_of is {prefill.get('as_of')!r}, which is no time"
    elif as_of_us > shown.at_us + SECOND_US:
        yield f"the prefill's as_of ({at(history, as_of_us)}) lies in the future"
    elif order is not None and as_of_us < order.at_us - SECOND_US:
        yield f"the prefill's as_of ({at(history, as_of_us)}) is before order {order.order_id} was made"


@clause(
    "RF-118", "MUST", "missing is missing", section=SECTION,
    source="report pages: fields are nullable", plans=_values,
    advice="Keep null as null; a missing amount is no zero, a missing date no today.",
)  # fmt: skip
def missing_is_missing(history: History) -> Iterator[Trigger | Breach]:
    """What the report leaves empty is shown as missing, never as zero, an empty text or a made-up value."""
    for shown in _all_prefills(history):
        for item in items(history, shown):
            if item.true is None or not _has_gaps(item.true):
                continue
            yield Trigger(shown.at_us, "the report has fields without a value")
            for path, given, true in differences(item.given, item.true):
                if true is None:
                    yield Breach(
                        shown.at_us,
                        f"{shown.view.case_id}: {path} is shown as {given!r} at {at(history, shown.at_us)}; the report "
                        f"of order {(shown.view.prefill or {}).get('order_id')} has no value there",
                        "nothing, or null, is shown",
                        ops=(shown,),
                    )
                    break


def _has_gaps(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_gaps(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_gaps(each) for each in value)
    return value is None


PAIRS = (("income", "income_unit"), ("pay_rate", "pay_frequency"))


def _units() -> tuple[Scenario, ...]:
    people = [
        PersonRule(login=login) for login in ("goodlogin", "hourly.two-jobs", "goodlogin.monthly", "goodlogin.weekly")
    ]
    return (plan("Yearly and hourly pay", people=people, lasts="1d"), *_values()[:1])


@clause(
    "RF-119", "MUST", "units stay attached", section=SECTION,
    source="report pages: income and income_unit, pay_rate and pay_frequency", plans=_units,
    advice="Store amount and unit side by side; convert only where both are known, and say that it was converted.",
)  # fmt: skip
def units_stay_attached(history: History) -> Iterator[Trigger | Breach]:
    """An amount is shown with the unit that the report gives it; what was converted says so."""
    for shown in _all_prefills(history):
        for item in items(history, shown):
            for amount, unit in PAIRS:
                if item.true is None or item.given.get(amount) is None or item.true.get(unit) is None:
                    continue
                yield Trigger(shown.at_us, f"{amount} in {item.true[unit]}")
                if item.given.get(unit) != item.true[unit] and not item.given.get("converted"):
                    yield Breach(
                        shown.at_us,
                        f"{shown.view.case_id}: {amount} {item.given[amount]} is shown with {unit} "
                        f"{item.given.get(unit)!r} at {at(history, shown.at_us)}; the report says {item.true[amount]} "
                        f"with {item.true[unit]!r}",
                        f"{amount} with the {unit} of the report",
                        ops=(shown,),
                    )


def _twins() -> tuple[Scenario, ...]:
    return (
        plan("Twelve clients of the same name and order number at once",
             people=PersonRule(count=12, same_name=True, order_number="CASE-1"), lasts="1d"),
        plan("Six twins; events doubled and the first answers slow",
             people=PersonRule(count=6, same_name=True, order_number="CASE-1"),
             fault=(Slow(seconds=9.0, method="POST", path="/v1/orders/*/", times=4),
                    Duplicate(copies=2, gap_seconds=60.0)),
             lasts="1d"),
        plan("Four twins whose passwords changed", people=PersonRule(count=4, same_name=True, order_number="CASE-1"),
             connection=ConnectionRule(password_changes_after=EARLIER), lasts="2d",
             driver=person("completes", "2h", cases=4)),
        plan("Four twins whose passwords changed; a new order makes a new user",
             people=PersonRule(count=4, same_name=True, order_number="CASE-1"),
             connection=ConnectionRule(password_changes_after=EARLIER), driver=person("completes", "2h", cases=4),
             profile={"user_of_new_order": "replaced"}, lasts="2d"),
    )  # fmt: skip


@clause(
    "RF-120", "MUST", "nobody else's data", section=SECTION,
    source="best practices: one user, one person", plans=_twins,
    advice="Find the case by ids of your own POSTs; order_number, names and employers are shared by many people.",
)  # fmt: skip
def nobody_elses_data(history: History) -> Iterator[Trigger | Breach]:
    """Order, report and person of a prefill belong to the case: nothing of another person's stands in it."""
    people = {facts.person_ref for facts in history.cases.values()}
    if len(people) < 2:
        return
    owners: dict[str, str] = {}
    for case_id, own in history.canaries.items():
        owners.update(dict.fromkeys(own, history.cases[case_id].person_ref))
    for shown in _all_prefills(history):
        facts = history.cases[shown.view.case_id]
        yield Trigger(shown.at_us, f"{facts.case_id} is prefilled beside {len(people) - 1} other people")
        texts = texts_of(shown.view.prefill)
        strange = {text for text in owners.keys() & set(texts) if owners[text] != facts.person_ref}
        if strange:
            strange -= _read_of(history, facts, shown)
        for text in texts:
            if text in strange:
                yield Breach(
                    shown.at_us,
                    f"{facts.case_id} of {facts.person_ref} shows {text!r} ({_field_of(shown.view.prefill, text)}) at "
                    f"{at(history, shown.at_us)}, which stands in the report of {owners[text]} alone "
                    f"({_cases_of(history, owners[text])})",
                    f"the data of {facts.person_ref}, this case's own person",
                    ops=(shown,),
                )
                break
        for ident in prefill_orders(shown.view):
            order = history.order(ident)
            if order is not None and order.case_ids and facts.case_id not in {order.case_id, *order.case_ids}:
                yield Breach(
                    shown.at_us,
                    f"{facts.case_id}'s prefill at {at(history, shown.at_us)} names order {ident}, which is "
                    f"{', '.join(order.case_ids)}'s",
                    "an order of this case's own person",
                    ops=(shown,),
                )


def _cases_of(history: History, person: str) -> str:
    return ", ".join(facts.case_id for facts in history.cases.values() if facts.person_ref == person)


def _field_of(value: Any, text: str, path: str = "prefill") -> str:
    """Return where in a prefill a text stands; nothing where it is part of a longer text."""
    if isinstance(value, dict):
        inner = ((f"{path}.{name}", each) for name, each in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ((f"{path}[{number}]", each) for number, each in enumerate(value))
    else:
        return path if value == text else ""
    return next((found for name, each in inner if (found := _field_of(each, text, name))), "")


def _read_of(history: History, facts: CaseFacts, shown: Shown) -> set[str]:
    """Return the texts that reads by a case's own connections had brought; amounts of two people may be equal."""
    links = {part.link_id for order in history.orders if order.case_id == facts.case_id for part in order.parts}
    links.update(facts.links.values())
    answers = [
        op.answer for op in history.sent
        if op.seq < shown.seq and op.method == "GET" and op.status == 200 and not links.isdisjoint(op.path.split("/"))
    ]  # fmt: skip
    return {text for answer in answers for text in texts_of(answer)}


def _all_prefills(history: History) -> Iterator[Shown]:
    for case_id in history.cases:
        yield from prefills(history, case_id)


def _instant(value: Any) -> int | None:
    try:
        return parse_instant(str(value))
    except ValueError:
        return None
