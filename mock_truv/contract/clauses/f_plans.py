"""Plans of section F: what befalls webhooks on their way, under stories that end well and stories that do not."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, Literal

from mock_truv.contract.plan import ORDER_POST, ORDER_READ, crash, down, during, person, plan, request
from mock_truv.core import faults
from mock_truv.core.faults import Bytes, Delay, Duplicate, Forge, Lose, Reorder, Slow, Strange
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

LOGIN_LOST: dict[str, Any] = {"connection": ConnectionRule(password_changes_after="1d")}  # noqa: S106 -- a duration
CODE_ASKED: dict[str, Any] = {
    "connection": ConnectionRule(kind="credentials", session_ends_after="1d", second_factor="new_session")
}
OUTAGE: dict[str, Any] = {"provider": down("0s", "90m")}
THREE: dict[str, Any] = {"people": PersonRule(employers=3)}
SLOWLY = ProviderRule(id="truv_api", task_seconds=600)
WITH_ORDER: dict[str, Any] = {"task_event_order_id": True}
OTHER_ORDER: dict[str, Any] = {
    "failure_events": ["order-refresh-failed", "link-disconnected", "task-status-updated"], "order_events": "success"
}  # fmt: skip
TASK = "task-status-updated"
STEPS = ("login", "parse", "full_parse", "done")
DAY_S = 86_400.0


# --- genuine or not -------------------------------------------------------------------------------------------------


def bytes_plans() -> tuple[Scenario, ...]:
    """FS-BYTES: every odd form, in good and bad stories."""
    forms: tuple[Any, ...] = ("spaces", "escapes", "key-order", "slashes", "newline", "numbers")
    knobs: tuple[dict[str, Any], ...] = ({}, {"time_format": "mixed"}, WITH_ORDER)
    plain = [
        plan(f"Signed webhooks in other bytes: {form}", fault=Bytes(form=form), profile=knobs[number % 3], lasts="1d")
        for number, form in enumerate(forms)
    ]
    failing = [
        plan(f"A login fails, told in other bytes: {form}", fault=Bytes(form=form), lasts="1d", **LOGIN_LOST)
        for form in forms[:2]
    ]
    return (*plain, *failing)


def forged_plans() -> tuple[Scenario, ...]:
    """FS-FORGE: every kind without a right signature, beside the genuine event or in its place."""
    kinds: tuple[faults.ForgeryKind, ...] = (
        "missing-header", "empty", "wrong-prefix", "truncated", "wrong-secret", "production-secret",
        "signature-of-another",
    )  # fmt: skip
    return (
        *(plan(f"Forged webhooks: {kind}", fault=Forge(forgery=kind), lasts="1d") for kind in kinds),
        plan("Only forged webhooks come", fault=Forge(forgery="missing-header", instead=True), lasts="2d"),
        plan("Only forged news of a failed login", fault=Forge(forgery="wrong-secret", instead=True), lasts="2d",
             **LOGIN_LOST),
    )  # fmt: skip


def tampered_plans() -> tuple[Scenario, ...]:
    """FS-FORGE with the genuine signature kept and the body changed."""
    kinds: tuple[faults.ForgeryKind, ...] = ("appended-bytes", "tampered-byte", "invalid-utf8")
    return (
        *(plan(f"Changed on the way: {kind}", fault=Forge(forgery=kind), lasts="1d") for kind in kinds),
        plan("Every webhook is changed on the way", fault=Forge(forgery="appended-bytes", instead=True), lasts="2d",
             **LOGIN_LOST),
        plan("Every webhook loses a bit", fault=Forge(forgery="tampered-byte", instead=True), lasts="2d", **THREE,
             profile=WITH_ORDER),
    )  # fmt: skip


def declared_plans() -> tuple[Scenario, ...]:
    """One story in which signatures have to be compared."""
    return (plan("Forged and genuine webhooks", fault=Forge(forgery="truncated"), lasts="1d"),)


# --- understood or not ----------------------------------------------------------------------------------------------


def new_type_plans() -> tuple[Scenario, ...]:
    """FS-NEWTYPE: beside every event, and in place of every event, where failures switch the endpoint off."""
    kind: Literal["event-type"] = "event-type"
    return (
        plan("A new type of event beside each", fault=Strange(what=kind), lasts="1d"),
        plan("A hundred events of a new type; failures switch the endpoint off",
             people=PersonRule(count=5, employers=2), fault=Strange(what=kind),
             profile={"webhook_disable_after": 5}, lasts="1d"),
        plan("Nothing but a new type of event", fault=Strange(what=kind, instead=True), lasts="3d"),
        plan("Nothing but a new type while a login fails", fault=Strange(what=kind, instead=True), lasts="3d",
             **LOGIN_LOST),
    )  # fmt: skip


def new_status_plans() -> tuple[Scenario, ...]:
    """FS-NEWSTATUS in events and in reads, then the end is told or not."""
    kind: Literal["status"] = "status"
    twice = during(faults.UnknownStatus(times=2, **ORDER_READ), "5s")
    return (
        plan("A new status before each known one, and in two reads", fault=(Strange(what=kind), twice), lasts="2d"),
        plan("A new status in two reads, events are lost", fault=(twice, Lose()), lasts="2d"),
        plan("A new status in place of every status", fault=Strange(what=kind, instead=True), lasts="3d"),
        plan("A new status before each known one", fault=Strange(what=kind), lasts="2d"),
        plan("A new status in place of a failed login's", fault=Strange(what=kind, instead=True), lasts="3d",
             profile=WITH_ORDER, **LOGIN_LOST),
        plan("A new status before a failed login's", fault=Strange(what=kind), lasts="2d", **LOGIN_LOST),
        plan("A new status during an outage", fault=Strange(what=kind), lasts="3d", **OUTAGE),
        plan("A new status, three employers", fault=Strange(what=kind, instead=True), lasts="3d", **THREE),
    )  # fmt: skip


def odd_field_plans() -> tuple[Scenario, ...]:
    """FS-NULLS and FS-NEWFIELD, with and without ``order_id`` in task events."""
    return (
        plan("Null wherever the pages allow it", fault=Strange(what="nulls", instead=True), lasts="3d"),
        plan("A new field in every event", fault=Strange(what="field", instead=True), lasts="3d"),
        plan("Nulls while a login fails", fault=Strange(what="nulls", instead=True), lasts="3d", profile=WITH_ORDER,
             **LOGIN_LOST),
        plan("New fields while a login fails", fault=Strange(what="field", instead=True), lasts="3d",
             profile=OTHER_ORDER, **LOGIN_LOST),
        plan("Nulls beside each, three employers", fault=Strange(what="nulls"), lasts="3d", **THREE),
    )  # fmt: skip


def stranger_plans() -> tuple[Scenario, ...]:
    """FS-ALIEN, also while the outcome of a POST is unknown."""
    lost_answer = faults.Timeout(**ORDER_POST, commit=True, times=1)
    return (
        plan("Somebody else's events beside each", fault=Strange(what="stranger"), lasts="2d"),
        plan("Nothing but somebody else's events", fault=Strange(what="stranger", instead=True), lasts="3d"),
        plan("Somebody else's failed logins", fault=Strange(what="stranger", instead=True), lasts="3d", **LOGIN_LOST,
             profile=WITH_ORDER),
        plan("Somebody else's events while an answer is lost", lasts="3d",
             fault=(Strange(what="stranger"), lost_answer)),
    )  # fmt: skip


def unreadable_plans() -> tuple[Scenario, ...]:
    """Signed bodies that are no JSON object, before, while and after a refresh runs."""
    return (
        plan("Signed bodies that nobody can read", lasts="1d",
             driver=(request(), DriverRule(do="unreadable", after="2s"))),
        plan("Unreadable bodies, then a failed login", lasts="1d", **LOGIN_LOST,
             driver=(request("1m"), DriverRule(do="unreadable", every="20s", times=6)), profile=WITH_ORDER),
    )  # fmt: skip


def busy_plans() -> tuple[Scenario, ...]:
    """FS-SLOW(30) and the like on reads while events arrive."""
    slow = Slow(method="GET", seconds=30)
    return (
        plan("Reads take half a minute", fault=during(slow, "2s", "5m"), lasts="2d"),
        plan("Reads take half a minute, three employers", fault=during(slow, "2s", "5m"), lasts="2d", **THREE),
        plan("A failed login while reads take half a minute", fault=during(slow, "2s", "5m"), lasts="2d", **LOGIN_LOST,
             profile=OTHER_ORDER),
        plan("Reads come a byte a second", fault=during(Slow(method="GET", byte_seconds=1), "2s", "5m"), lasts="2d"),
        plan("Reads are never answered", fault=during(faults.Timeout(method="GET"), "2s", "5m"), lasts="2d",
             profile={"report_place": "link", "failure_reason_in": ["task"]}),
        plan("Two cases, every request takes 12 seconds", people=2, lasts="2d",
             fault=during(Slow(seconds=12), "0s", "5m")),
    )  # fmt: skip


# --- twice, out of order, late, never -------------------------------------------------------------------------------


def redelivered_plans() -> tuple[Scenario, ...]:
    """FS-DUP under the same id: at once, after a minute, hours, 8 days, and across a restart."""
    ends: dict[str, Any] = {"lasts": "2d"}
    return (
        plan("News of a failed login comes twice, a minute apart", fault=Duplicate(gap_seconds=61), **ends,
             **LOGIN_LOST),
        plan("News of a failed login comes twice at once", fault=Duplicate(copies=2), **LOGIN_LOST, **ends),
        plan("News of an outage comes again an hour later", fault=Duplicate(gap_seconds=4001), **OUTAGE, **ends),
        plan("News of an outage comes again a minute later", fault=Duplicate(gap_seconds=61), **OUTAGE, **ends),
        plan("Good news comes again after two hours", fault=Duplicate(gap_seconds=7201), profile=WITH_ORDER, **ends),
        plan("News of a failed login comes again after eight days", fault=Duplicate(gap_seconds=8 * DAY_S + 61),
             driver=(request(), person("completes")), lasts="10d", **LOGIN_LOST),
        plan("Good news comes again after eight days", fault=Duplicate(gap_seconds=8 * DAY_S + 61), lasts="10d"),
        plan("Redelivered after a restart", fault=Duplicate(gap_seconds=601), profile=OTHER_ORDER, **LOGIN_LOST, **ends,
             driver=(request(), *(crash("acknowledged", nth=each, lasting="10s") for each in (4, 6)))),
        plan("All is redelivered a day later", lasts="3d", **LOGIN_LOST,
             driver=(request(), DriverRule(do="redeliver", after="25h", times=12))),
    )  # fmt: skip


def renamed_plans() -> tuple[Scenario, ...]:
    """FS-DUP(3, 10 min, new id), and retries under a new id (K-WID)."""
    thrice = Duplicate(copies=3, gap_seconds=601, new_id=True)
    return (
        plan("News of a failed login under four ids", fault=thrice, lasts="2d", **LOGIN_LOST),
        plan("News of an outage under four ids", fault=thrice, lasts="2d", **OUTAGE),
        plan("Good news under four ids", fault=thrice, lasts="2d"),
        plan("Under four ids at once", fault=Duplicate(copies=3, new_id=True), lasts="2d", **LOGIN_LOST,
             profile=WITH_ORDER),
        plan("Under a new id two days after the person has logged in", lasts="4d", **LOGIN_LOST, profile=OTHER_ORDER,
             fault=Duplicate(gap_seconds=2 * DAY_S, new_id=True), driver=(request(), person("completes"))),
        plan("Retries have new ids", profile={"webhook_retry_id": "new"}, lasts="2d", **LOGIN_LOST, fault=thrice,
             driver=(request(), crash("acknowledged", nth=3, lasting="40s"))),
    )  # fmt: skip


def distinct_plans() -> tuple[Scenario, ...]:
    """Several employers' done, and the same status in several attempts: each is a fact of its own."""
    apart: dict[str, Any] = {
        "people": PersonRule(employers=3, providers=("truv_api", "harborpay", "tallyworks")),
        "provider": tuple(
            ProviderRule(id=ident, task_seconds=seconds)
            for ident, seconds in (("truv_api", 8), ("harborpay", 120), ("tallyworks", 600))
        ),
    }
    return (
        plan("Three employers are done, minutes apart", lasts="1d", **apart),
        plan("Three employers are done at one instant", lasts="1d", **THREE),
        plan("Unavailable, unavailable, done", lasts="4d", **OUTAGE),
        plan("Three employers are done; one event for the order", lasts="1d", **apart,
             profile={"order_events": "order"}),
        plan("Three employers are done; order ids in task events", lasts="1d", profile=WITH_ORDER, **apart),
        plan("Unavailable again and again; only task events", lasts="6d", provider=down("0s", "9h"),
             profile={"failure_events": [TASK], "time_format": "seconds"}),
    )  # fmt: skip


def reordered_plans() -> tuple[Scenario, ...]:
    """FS-REO: every order in which four statuses can come, ten minutes apart; and all at one instant."""
    formats = ("documented", "mixed", "z", "offset")
    orders = sorted(permutations(range(4)), reverse=True)[:-1]
    spread = [
        plan(
            "Statuses come as " + ", ".join(step for _, step in sorted(zip(places, STEPS, strict=True))),
            fault=tuple(
                Delay(event_type=TASK, status=step, seconds=600.0 * place)
                for place, step in zip(places, STEPS, strict=True)
            ),
            profile={"time_format": formats[number % 4]},
            lasts="1d",
        )
        for number, places in enumerate(orders)
    ]
    return (
        *spread,
        plan("A refresh's events all come backwards at once", fault=Reorder(order=(7, 6, 5, 4, 3, 2, 1)), lasts="1d"),
        plan("A failed login, and later that it began", fault=Delay(status="login", seconds=1200), lasts="1d",
             **LOGIN_LOST),
        plan("A code is asked for, and later that it began", fault=Delay(status="login", seconds=1200), lasts="1d",
             profile=WITH_ORDER, **CODE_ASKED),
    )  # fmt: skip


def other_attempt_plans() -> tuple[Scenario, ...]:
    """News of an earlier cycle or attempt comes during, or after, the present one."""
    twice = (request(), request("2d", cycle="cycle-2"))
    gap_s = 2 * DAY_S - 600 + 60
    done = Duplicate(event_type=TASK, status="done", gap_seconds=gap_s, times=1, new_id=True)
    same_done = Duplicate(event_type=TASK, status="done", gap_seconds=gap_s, times=1)
    failed = Duplicate(status="login_error", gap_seconds=3 * DAY_S + 60, times=2)
    healed = (request(), person("completes"))
    return (
        plan("The last cycle's done comes while this cycle's refresh runs", provider=SLOWLY, fault=done, driver=twice,
             lasts="4d"),
        plan("A failed login is told again after the person has logged in", fault=failed, driver=healed, lasts="5d",
             **LOGIN_LOST),
        plan("The last cycle's done, with order ids", provider=SLOWLY, fault=same_done, driver=twice, lasts="4d",
             profile=WITH_ORDER),
        plan("A failed login is told again in the next cycle", fault=failed, provider=SLOWLY, lasts="5d", **LOGIN_LOST,
             driver=(*healed, request("3d", cycle="cycle-2")), profile=OTHER_ORDER),
        plan("An outage is told again after success", fault=Duplicate(status="unavailable", gap_seconds=DAY_S + 61),
             lasts="4d", **OUTAGE),
        plan("The whole last cycle is redelivered in this one", provider=SLOWLY, lasts="4d",
             driver=(*twice, DriverRule(do="redeliver", after="48h2m", times=10))),
    )  # fmt: skip


def late_plans() -> tuple[Scenario, ...]:
    """FS-DELAY: an hour, 26 hours and 4 days late."""
    late = (("26 hours", 93_617.0), ("an hour", 3_617.0), ("four days", 345_617.0))
    return (
        *(plan(f"News of an outage comes {name} late", fault=Delay(seconds=by), lasts="8d", **OUTAGE)
          for name, by in late),
        *(plan(f"News of a failed login comes {name} late", fault=Delay(seconds=by), lasts="8d", profile=WITH_ORDER,
               driver=(request(), person("completes")), **LOGIN_LOST) for name, by in late),
        *(plan(f"Good news comes {name} late", fault=Delay(seconds=by), lasts="6d") for name, by in late),
        plan("Late news while the link is out", fault=Delay(seconds=93_617), lasts="3d", profile=OTHER_ORDER,
             **CODE_ASKED),
    )  # fmt: skip


def lost_plans() -> tuple[Scenario, ...]:
    """FS-LOSS and K-DISABLE."""
    ends = (Lose(status="done"), Lose(status="completed"))
    return (
        plan("Every event is lost", fault=Lose(), lasts="3d"),
        plan("The last events are lost", fault=ends, lasts="3d"),
        plan("Every event of a failed login is lost", fault=Lose(), lasts="3d", **LOGIN_LOST),
        plan("Every event is lost; the task alone shows why", fault=Lose(), lasts="3d", **CODE_ASKED,
             profile={"failure_reason_in": ["task"]}),
        plan("Every event is lost; the link alone shows why", fault=Lose(), lasts="3d", **LOGIN_LOST,
             profile={"failure_reason_in": ["link"], "report_place": "link"}),
        plan("Every event of an outage is lost", fault=Lose(), lasts="4d", **OUTAGE),
        plan("Three employers, every event is lost", fault=Lose(), lasts="3d", **THREE),
        plan("Every event is lost; reads lag", fault=Lose(), lasts="3d", profile={"order_read_lag_seconds": 60}),
        plan("The endpoint is switched off while it is down", lasts="4d", profile={"webhook_disable_after": 1},
             driver=(request(), request("1d", cycle="cycle-2"), crash("answered", lasting="10m", **ORDER_POST))),
    )  # fmt: skip


def acknowledged_plans() -> tuple[Scenario, ...]:
    """FS-CRASH(ack-sent): the program dies right after its 2xx, and nothing comes again."""
    others = ("order-created", "order-status-updated", "link-disconnected", "order-refresh-failed",
              "employment-updated", "profile-updated", "statements-updated")  # fmt: skip
    last_only = (
        *(Lose(event_type=each) for each in others),
        *(Lose(event_type=TASK, status=each) for each in ("new", "login", "mfa", "parse", "full_parse")),
    )
    died = (request(), crash("acknowledged", lasting="1m"))
    return (
        plan("It dies after acknowledging the only event, done", fault=last_only, driver=died, lasts="3d"),
        plan("It dies after acknowledging the only event, a failed login", fault=last_only, driver=died, lasts="3d",
             profile=WITH_ORDER, **LOGIN_LOST),
        plan("It dies after acknowledging an outage", fault=last_only, driver=died, lasts="4d", **OUTAGE),
        *(plan(f"It dies after acknowledging event {number}", lasts="3d",
               driver=(request(), crash("acknowledged", nth=number, lasting="5m"))) for number in (9, 10)),
        plan("It dies at each of three acknowledgements", fault=last_only, lasts="3d", **THREE,
             driver=(request(), crash("acknowledged", times=3, lasting="5s"))),
    )  # fmt: skip


def handled_again_plans() -> tuple[Scenario, ...]:
    """The work behind an event fails three times; the event comes twice more, then silence."""
    again = Duplicate(copies=2, gap_seconds=61)
    reads: dict[str, Any] = {"times": 3, **ORDER_READ}
    broken: tuple[faults.RequestFaults, ...] = (
        faults.Status(status=500, **reads),
        faults.Timeout(**reads),
        faults.Truncated(**reads),
        faults.Html(status=200, **reads),
        faults.Empty(**reads),
    )
    reports = faults.Status(status=503, times=3, method="GET")
    return (
        *(plan(f"The first three reads fail: {type(each).__name__.lower()}", lasts="2d",
               fault=(again, during(each, "5s"))) for each in broken),
        plan("The first three reports fail", fault=(again, during(reports, "5s")), lasts="2d",
             profile={"report_place": "link", **WITH_ORDER}),
        plan("A failed login, and the first three reads fail", fault=(again, during(broken[0], "2s")), lasts="2d",
             **LOGIN_LOST),
    )  # fmt: skip
