"""Asking the person: a new order for the employers that need a login, its link in one message, and what comes of it."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from store import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Job, Store, instant, text
from truv_client import Client, Clock, Held, described, growing_us, holder_of

if TYPE_CHECKING:
    from collections.abc import Callable

Doc = dict[str, Any]
REOFFERS = 2
LOOK_AFTER_US = 150 * SECOND_US
EXPIRY_SLACK_US = 3 * MINUTE_US
OFFER_AGAIN = ("expired", "skipped", "error", "link_order_not_made")
RUNNING = ("new", "login", "mfa", "parse", "full_parse")


def ask(part: Doc, reason: str, offer_us: int) -> None:
    """Let a part wait for its person."""
    part |= {"state": "REAUTH_NEEDED", "reason": reason, "offer_us": offer_us}


class Relogin:
    """The worker's jobs around link orders. ``case["link"]`` is the one at work."""

    store: Store
    truv: Client
    clock: Clock
    save: Callable[..., bool]
    job: Callable[[Doc, str, str, int], None]
    log: Callable[[str], None]
    ready: Callable[[Doc, Doc, str, Doc], None]
    connection: Callable[[str], Doc]

    def do_offer(self, case: Doc, _: Job) -> None:
        """Make a link order; it is written down before, under a number that is ours alone."""
        now_us = self.clock.now_us
        asked = [
            part for part in case["parts"].values() if part["state"] == "REAUTH_NEEDED" and part["offer_us"] <= now_us
        ]
        parts = []
        for part in asked:
            sub = case["sources"][part["order"]]["subs"].get(part["sub"]) or {}
            parts.append({"link": None, "company": None, "holder": None, **sub, "emp": part["emp"]})
        if not asked or self._has_rival(case, parts):  # one live link a person; its end wakes us earlier
            for part in asked:
                part["offer_us"] = now_us + HOUR_US
            self.save(case)
            return
        info = case["sources"][asked[0]["order"]]
        person = self.truv.read(f"/users/{info['user']}/").data or {}
        case["links"] += 1
        number = f"{case['id']}/{case['cycle']}/{case['links']}"
        case["link"] = {
            "number": number,
            "begun_us": now_us,
            "order_id": None,
            "parts": parts,
            "looked": [],
            "refused": 0,
            "sent_us": None,
        }
        for part in asked:
            part["offers"] += 1
        body = {
            "products": [case["product"]],
            "first_name": info["first"],
            "last_name": info["last"],
            "order_number": number,
        }
        if person.get("external_user_id"):
            body["external_user_id"] = person["external_user_id"]
        if all(each["company"] for each in parts):
            body["employers"] = [{"company_name": each["company"], "suborder_number": each["emp"]} for each in parts]
        if not self.save(case, also=partial(self.job, case, "find-link", number, now_us + LOOK_AFTER_US)):
            return
        try:
            answer = self.truv.call("POST", "/orders/", body)
        except Held:
            self._not_made(case, asked, None)
            raise
        self.log(f"case {case['id']}: link order: {answer.kind} {answer.status or ''}")
        if answer.kind == "ok" and is_link(answer.data):
            self._made(case, answer.data)
        elif answer.kind not in {"unknown", "ok"}:
            self._not_made(case, asked, f"link_order_http_{answer.status}")

    def _has_rival(self, case: Doc, parts: list[Doc]) -> bool:
        mine = {each["link"] for each in parts}
        for other in self.store.all("case"):
            if other["id"] == case["id"] or not other["link"] or self.store.is_closed(other["id"]):
                continue
            if other["person_ref"] == case["person_ref"] or any(
                each["link"] in mine for each in other["link"]["parts"]
            ):
                return True
        return False

    def _not_made(self, case: Doc, asked: list[Doc], problem: str | None) -> None:
        number = case["link"]["number"]
        case["link"] = None
        for part in asked:
            part["offers"] -= 1
            if problem:
                part |= {"state": "MANUAL", "reason": problem}
        self.save(case, also=partial(self.store.drop_job, case["id"], "find-link", number))

    def _made(self, case: Doc, order: Doc) -> None:
        link = case["link"]
        link |= {"order_id": order["id"], "since_us": instant(order.get("created_at")) or link["begun_us"]}
        subs = [each["id"] for each in order.get("employers") or []]
        with self.store.transaction():
            self.store.drop_job(case["id"], "find-link", link["number"])
            self.store.drop("stranger", order["id"])
            self.store.note(case["id"], order["id"], order.get("user_id"), *subs)
            self.job(case, "send-link", order["id"], self.clock.now_us)
            if not self.save(case):  # closed meanwhile: nobody will get this link
                self.job(case, "withdraw", order["id"], self.clock.now_us)

    def do_find_link(self, case: Doc, job: Job) -> int | None:
        """Look for a link order whose POST was never answered."""
        link, now_us = case["link"], self.clock.now_us
        for it in self.store.all("stranger"):
            if it["order_number"] in {None, job.ref} and it["id"] not in link["looked"]:
                answer = self.truv.order(it["id"])
                if answer.kind == "ok" and answer.data.get("order_number") == job.ref and is_link(answer.data):
                    self._made(case, answer.data)
                    return None
                link["looked"].append(it["id"])
        listed = self.truv.all_orders()
        found = next((order for order in listed if order.get("order_number") == job.ref and is_link(order)), None)
        if found:
            self._made(case, found)
            return None
        # Without a list only an event can still tell of the order: give it more time.
        settled_us = link["begun_us"] + (5 * MINUTE_US if listed else HOUR_US)
        if now_us < settled_us:
            self.save(case)
            return int(settled_us)
        self._end(case, [(each, "link_order_not_made") for each in link["parts"]])
        self.save(case)
        return None

    def do_send_link(self, case: Doc, job: Job) -> None:
        """Send the link if it is alive now; its life is read from the order. Sent and recorded are one change."""
        link, now_us = case["link"], self.clock.now_us
        answer = self.truv.order(job.ref)
        order = answer.data or {}
        expires_us = instant(order.get("expired_at"))
        if answer.kind == "refused" or not is_link(order) or expires_us is None:
            self._end(case, [(each, f"link_order_http_{answer.status}") for each in link["parts"]])
        elif order.get("is_expired") or expires_us <= now_us:
            self._end(case, [(each, "expired") for each in link["parts"]])
        else:
            link |= {"sent_us": now_us, "expires_us": expires_us}
            for each in link["parts"]:
                case["parts"][each["emp"]]["state"] = "REAUTH_SENT"
            url = order.get("share_url") or order["short_share_url"]
            known = {"order_id": job.ref, "sent_at": text(now_us), "person_ref": case["person_ref"]}
            case["sent"].append({**known, "url_sha256": hashlib.sha256(url.encode()).hexdigest(), "live": True})
            message = json.dumps({"kind": "link", "case_id": case["id"], "url": url, **known})

            def also() -> None:
                self.store.rows("INSERT INTO outbox (message) VALUES (?)", message)
                self.job(case, "poll-link", job.ref, now_us + MINUTE_US)

            self.save(case, also=also)
            return
        self.save(case)

    def do_poll_link(self, case: Doc, job: Job) -> int | None:
        """Read a link order and take over what the person did."""
        link, now_us = case["link"], self.clock.now_us
        answer = self.truv.order(job.ref)
        over: list[tuple[Doc, str]] = []
        last_us = link["expires_us"] + EXPIRY_SLACK_US
        link["refused"] = link["refused"] + 1 if answer.kind == "refused" else 0
        if link["refused"] > 1:
            over = [(each, f"link_order_http_{answer.status}") for each in link["parts"]]
        for each in link["parts"] if answer.kind == "ok" else []:
            sub = suborder_for(answer.data, each, link["parts"]) or {"status": "pending"}
            runs = any(task.get("status") in RUNNING for task in sub.get("tasks") or [])
            if sub["status"] == "completed":
                report = self.truv.report(answer.data, sub, case["product"], link["since_us"])
                if report is not None:
                    over.append((each, self._connected(case, each, answer.data, sub, report)))
            elif sub["status"] in {"no_data", "error", "skipped", "expired", "canceled"}:
                over.append((each, sub["status"]))
            elif now_us >= last_us and not (runs and now_us < last_us + HOUR_US):
                over.append((each, "expired"))
        self._end(case, over)
        self.save(case)
        if case["link"] is None:
            return None
        next_us = now_us + growing_us(job.tries, MINUTE_US)
        return int(min(next_us, last_us)) if now_us < last_us else next_us

    def _connected(self, case: Doc, each: Doc, order: Doc, sub: Doc, report: Doc) -> str:
        """Take over a login: this order's data are the cycle's, and it is the source of the next."""
        part = case["parts"][each["emp"]]
        companies = {((item.get("company") or {}).get("name") or "").casefold() for item in report["items"]} - {""}
        if each["company"] and companies and each["company"].casefold() not in companies:
            return "another_employer_connected"
        each["holder"] = each["holder"] or self.truv.holder(each["link"])  # some accounts show no data in orders
        if each["holder"] and (holder_of(report["items"]) or each["holder"]) != each["holder"]:
            return "another_account_connected"
        self.ready(case, part, order["id"], report)
        if part["state"] != "READY":
            return str(part["reason"])
        case["sources"][order["id"]] = described(order)
        part |= {"order": order["id"], "sub": sub["id"]}
        healed = {each["link"], sub.get("link_id")} - {None}
        self.store.note(case["id"], *healed)
        for link_id in healed:
            self.store.put("connection", link_id, self.connection(link_id) | {"broken": None})
        self._wake(case, healed)
        return "connected"

    def _end(self, case: Doc, over: list[tuple[Doc, str]]) -> None:
        """End the offer for some employers; offer again within the bound, or hand them to a person."""
        link = case["link"]
        for each, ending in over:
            part = case["parts"][each["emp"]]
            if ending in OFFER_AGAIN and part["offers"] <= REOFFERS:
                ask(part, ending, max(self.clock.now_us, (link["sent_us"] or 0) + DAY_US + SECOND_US))
            elif part["state"] != "READY":
                part |= {"state": "MANUAL", "reason": ending}
        ended = [each["emp"] for each, _ in over]
        link["parts"] = [each for each in link["parts"] if each["emp"] not in ended]
        if not link["parts"]:
            for sent in case["sent"]:
                sent["live"] = False
            case["link"] = None
            self._wake(case, set())

    def _wake(self, case: Doc, healed: set[Any]) -> None:
        """Wake cases that waited for this person's link: a healed connection is refreshed, else it is their turn."""
        for other in self.store.all("case"):
            for part in other["parts"].values() if other["id"] != case["id"] else ():
                sub = other["sources"].get(part["order"], {"subs": {}})["subs"].get(part["sub"]) or {"link": None}
                if part["state"] == "REAUTH_NEEDED" and sub["link"] in healed:
                    part |= {"state": "DUE", "reason": None, "due_us": self.clock.now_us}
                elif (
                    part["state"] == "REAUTH_NEEDED"
                    and other["person_ref"] == case["person_ref"]
                    and not part["offers"]
                ):
                    part["offer_us"] = min(part["offer_us"], self.clock.now_us)
                else:
                    continue
                self.save(other)

    def do_withdraw(self, _: Doc, job: Job) -> int | None:
        """Take back the link of a closed case."""
        answer = self.truv.call("POST", f"/orders/{job.ref}/cancel/", {})
        return self.clock.now_us + growing_us(job.tries) if answer.kind == "unknown" and job.tries < 5 else None


def is_link(order: Doc) -> bool:
    """Return whether an order can be sent to a person."""
    return isinstance(order.get("id"), str) and bool(order.get("share_url") or order.get("short_share_url"))


def suborder_for(order: Doc, each: Doc, parts: list[Doc]) -> Any:
    """Return the suborder of an employer: it carries the employer's id; without names, the one that was connected."""
    subs = order["employers"]
    numbers = {part["emp"] for part in parts} & {sub.get("suborder_number") for sub in subs}
    if numbers:
        return next((sub for sub in subs if sub.get("suborder_number") == each["emp"]), None)
    same = [sub for sub in subs if each["link"] and sub.get("link_id") == each["link"]]
    named = [sub for sub in subs if each["company"] and sub.get("company_name") == each["company"]]
    only = [sub for sub in subs if sub["status"] == "completed"] + subs if len(parts) == 1 else []
    return next(iter([*same, *named, *only]), None)
