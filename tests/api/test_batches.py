"""Batches of orders: taken at once, made on virtual time, one outcome for each entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.core.batches import CHUNK, ENTRIES_LIMIT
from mock_truv.core.ids import identifier
from mock_truv.core.instants import SECOND_US
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from tests.worlds import GOOD, ORDER, Act, Plan, Reply, Story, employers, logins, orders, plain_refreshes, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.api.call import Answer
    from tests.conftest import Api, Receiver

FEW = settings(max_examples=40, deadline=None)
ERROR = {"field": "text", "message": "text"}
RESULT = {"index": "whole", "outcome": "text", "order_id": "id?", "order_number": "text?", "errors": "list?"}
BATCH: dict[str, Any] = {
    "id": "id", "status": "text", "order_count": "whole", "created_count": "whole", "failed_count": "whole",
    "results": [RESULT], "errors": "null", "created_at": "time", "updated_at": "time",
}  # fmt: skip


def entry(number: int | str, **fields: Any) -> dict[str, Any]:
    """Return a good entry."""
    return {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "order_number": f"n-{number}", **fields}


def made(api: Api, entries: list[Any]) -> Any:
    """Return a batch that is completed."""
    batch = api.post("/orders/batch/", {"orders": entries}, 202)
    api.sandbox.clock.advance(seconds=-(-len(entries) // CHUNK))
    done = api.get(f"/orders/batch/{batch['id']}/")
    assert done["status"] == "completed"
    return done


def test_every_entry_has_its_outcome(api: Api, check_shape: Callable[..., None]) -> None:
    """A batch answers 202 with a job id; then good entries are made and bad ones fail alone, each wrong field named."""
    entries = [
        entry(0), entry(1, first_name="", employers=[{"start_date": "x"}]), entry(2, products=["gold"]), {},
        entry(4, employers=[{"company_mapping_id": "0" * 32}]), entry(5),
    ]  # fmt: skip
    taken = api.post("/orders/batch/", {"orders": entries}, 202)
    check_shape(taken, BATCH)
    assert (taken["status"], taken["order_count"], taken["results"]) == ("pending", 6, [])
    assert api.get("/orders/")["count"] == 0
    api.sandbox.clock.advance(seconds=1)
    done = api.get(f"/orders/batch/{taken['id']}/")
    check_shape(done, BATCH)
    assert [each["index"] for each in done["results"]] == list(range(6))
    assert [each["outcome"] for each in done["results"]] == ["created"] + ["failed"] * 4 + ["created"]
    assert (done["status"], done["created_count"], done["failed_count"]) == ("completed", 2, 4)
    assert [[error["field"] for error in each["errors"] or []] for each in done["results"]] == [
        [], ["first_name", "employers[0].start_date"], ["products[0]"], ["products", "first_name", "last_name"],
        ["employers[0].company_mapping_id"], [],
    ]  # fmt: skip
    for each in done["results"]:
        assert (each["order_id"] is None) is (each["outcome"] == "failed")
        for error in each["errors"] or []:
            check_shape(error, ERROR)
    assert [each["order_number"] for each in api.get("/orders/")["results"]] == ["n-5", "n-0"]
    assert api.get(f"/orders/{done['results'][0]['order_id']}/")["order_number"] == "n-0"


def test_ten_thousand_orders(api: Api) -> None:
    """The largest batch, of more bytes than any other request may have, is made whole; one more order is refused."""
    entries = [entry(number, notes="n" * 900) for number in range(ENTRIES_LIMIT)]
    assert len(msgspec.json.encode(entries)) > 8 * 1024 * 1024
    done = made(api, entries)
    assert (done["created_count"], done["failed_count"]) == (ENTRIES_LIMIT, 0)
    assert len({each["order_id"] for each in done["results"]}) == ENTRIES_LIMIT
    assert api.get("/orders/")["count"] == ENTRIES_LIMIT
    assert api.get(f"/orders/{done['results'][-1]['order_id']}/")["order_number"] == entries[-1]["order_number"]
    assert list(api.refused("POST", "/orders/batch/", {"orders": [{}] * (ENTRIES_LIMIT + 1)})) == ["orders"]


def test_only_batches_may_be_so_large(api: Api) -> None:
    """A batch of more than 32 MiB is 413, as is any other request of more than 8 MiB, with the slash or without."""
    for path, mebibytes in (("/orders/batch/", 32), ("/orders/batch", 32), ("/orders/", 8), ("/orders/lookup/", 8)):
        limit = mebibytes * 1024 * 1024
        answer = api.send("POST", path, content=b" " * (limit + 1), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (413, {"detail": f"The body is larger than {limit} bytes."})


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "orders"), ({"orders": []}, "orders"), ({"orders": [{}, 5]}, "orders[1]"), ({"orders": {}}, "orders")],
)
def test_a_body_that_is_no_batch_is_refused(api: Api, body: Any, field: str) -> None:
    """A body without entries, or with entries that are no objects, is 400 and nothing is taken."""
    before = api.world_digest()
    assert list(api.refused("POST", "/orders/batch/", body)) == [field]
    assert api.world_digest() == before


def test_results_grow_while_a_batch_is_pending(api: Api) -> None:
    """Each second brings more results, never other ones, until the last; reading changes nothing."""
    batch = api.post("/orders/batch/", {"orders": [entry(number) for number in range(3 * CHUNK)]}, 202)
    seen: list[Any] = []
    for done in (CHUNK, 2 * CHUNK, 3 * CHUNK):
        api.sandbox.clock.advance(seconds=1)
        before = api.world_digest()
        now = api.get(f"/orders/batch/{batch['id']}/")
        assert api.world_digest() == before
        assert now["results"][: len(seen)] == seen
        assert len(now["results"]) == now["created_count"] == done
        assert now["status"] == ("completed" if done == 3 * CHUNK else "pending")
        assert now["updated_at"] > batch["updated_at"]
        batch, seen = now, now["results"]
    api.sandbox.clock.advance(days=1)
    assert api.get(f"/orders/batch/{batch['id']}/") == batch


def test_a_known_number_is_reused(api: Api) -> None:
    """An order is found by its number, be it made alone, earlier in the batch or by a batch before; none is doubled."""
    alone = api.order(order_number="n-0")
    first = made(api, [entry(0), entry(1), entry(1), entry(2, order_number=None), entry(3, order_number="")])
    assert [each["outcome"] for each in first["results"]] == ["existing", "created", "existing", "created", "created"]
    ids = [each["order_id"] for each in first["results"]]
    assert (ids[0], ids[2]) == (alone["id"], ids[1])
    assert (first["created_count"], first["failed_count"]) == (5, 0)
    count = api.get("/orders/")["count"]
    again = made(api, [entry(0), entry(1), entry(1, products=[])])
    assert [each["order_id"] for each in again["results"]] == [alone["id"], ids[1], None]
    assert api.get("/orders/")["count"] == count


def test_a_refresh_order_is_not_what_its_number_means(api: Api) -> None:
    """A number stands for the original order, though its refresh orders have it, too."""
    original = api.connected(order_number="n-0")
    refreshed = api.refresh(original["id"])
    assert refreshed["order_number"] == "n-0"
    assert made(api, [entry(0)])["results"][0]["order_id"] == original["id"]


def test_every_order_of_a_batch_is_announced(api: Api, receiver: Receiver) -> None:
    """Made orders are announced and written about as single ones are; existing and failed ones are not."""
    api.subscribe(receiver.url)
    done = made(api, [entry(0, email="a@example.org", employers=[{"company_name": "X"}]), entry(0), {}, entry(1)])
    api.sandbox.settle(horizon_seconds=5)
    one, _, _, other = (each["order_id"] for each in done["results"])
    assert [(each["event_type"], each["order_id"], each["status"]) for each in receiver.events] == [
        ("order-created", one, "pending"), ("order-created", other, "pending"), ("order-status-updated", one, "sent"),
    ]  # fmt: skip


def test_every_order_counts_against_the_limit(api: Api) -> None:
    """A batch of thirty uses up thirty of a minute's requests; what is used up beyond the limit is waited for."""
    api.sandbox.change_profile(requests_per_minute=40)
    path = f"/orders/batch/{api.post('/orders/batch/', {'orders': [entry(n) for n in range(30)]}, 202)['id']}/"
    for _ in range(9):
        api.get(path)
    api.post("/orders/batch/", {"orders": [entry(n) for n in range(100)]}, 202)
    assert api.get(path, 429)["error"]["code"] == "throttled"
    api.sandbox.clock.advance(seconds=59)
    api.get(path, 429)
    api.sandbox.clock.advance(seconds=1)
    api.get(path)


def test_a_batch_belongs_to_its_client(api: Api, other_api: Api) -> None:
    """Somebody else's batch, or none, is 404."""
    batch = made(api, [entry(0)])
    other_api.get(f"/orders/batch/{batch['id']}/", 404)
    api.get(f"/orders/batch/{'0' * 32}/", 404)
    assert api.get(f"/orders/batch/{batch['id']}") == batch


entries = st.lists(orders, min_size=1, max_size=6)


@FEW
@given(entries)
def test_a_batch_makes_what_single_requests_make(given_entries: list[dict[str, Any]]) -> None:
    """The orders, users and webhooks of a batch are those of the same requests sent one by one at that instant."""
    sent = [{**each, "order_number": f"n-{number}"} for number, each in enumerate(given_entries)]
    subscribe = Act(
        "create", 0, ("/webhooks/", {"name": "x", "webhook_url": "http://127.0.0.1:9/", "env_type": "sandbox"})
    )
    one, other = Story(Plan(0, ())), Story(Plan(0, ()))
    for story in (one, other):
        story.perform(subscribe)
    one.give(request("POST", "/orders/batch/", {"orders": sent}))
    one.advance(SECOND_US)
    other.advance(SECOND_US)
    answers = [_answered(other, each) for each in sent]
    for story in (one, other):
        story.advance(5 * SECOND_US)
    (batch,) = one.world.state.batches.values()
    assert [each.outcome for each in batch.results] == [
        "created" if answer.status == 201 else "failed" for answer in answers
    ]
    for answer, result in zip(answers, batch.results, strict=True):
        body = msgspec.json.decode(answer.body.replace(b"\x01", b""))
        if answer.status == 201:
            assert result.order_id == body["id"]
        else:
            assert result.errors == body["error"]["extra"]["invalid-params"]
    assert one.world.state.orders == other.world.state.orders
    assert one.world.state.users == other.world.state.users
    assert [each.body for each in one.sent] == [each.body for each in other.sent]


def _answered(story: Story, body: dict[str, Any]) -> Answer:
    answer = story.give(request("POST", "/orders/", body)).answer
    assert answer is not None
    return answer


batches = st.builds(
    lambda given_entries: Act("create", 0, ("/orders/batch/", {"orders": given_entries})),
    st.lists(st.one_of(orders, st.just({}), st.builds(entry, st.integers(0, 3), employers=st.lists(employers))),
             min_size=1, max_size=8),
)  # fmt: skip
clocks = st.builds(Act, st.just("clock"), st.just(0), st.sampled_from((1, SECOND_US, 3 * SECOND_US)))
stories = st.builds(
    Plan,
    seed=st.integers(0, 2),
    acts=st.lists(st.one_of(batches, batches, clocks, logins, plain_refreshes), min_size=2, max_size=8).map(
        lambda acts: (ORDER, *acts)
    ),
    replies=st.lists(st.builds(Reply, st.sampled_from((200, 500, None)), st.none() | batches), max_size=4).map(tuple),
)


@FEW
@given(stories)
def test_batches_replay(plan: Plan) -> None:
    """A story of batches gives the same bytes again, from its journal and from its plan, and every batch ends."""
    lines: list[bytes] = []
    story = Story(plan, write=lambda item: lines.append(msgspec.json.encode(item) + b"\n")).run()
    again = Story(plan).run()
    assert again.world.snapshot() == story.world.snapshot()
    assert again.sent == story.sent
    replayed = replay(lines, load_catalog())
    assert replayed.difference is None, str(replayed.difference)
    assert replayed.journals["story"].world.digest() == story.world.digest()
    for number, batch in enumerate(story.world.state.batches.values(), 1):
        assert batch.id == identifier(story.world.state.seed, "batch", number)
        assert (batch.status, batch.waiting) == ("completed", [])
        assert batch.created_count + batch.failed_count == batch.order_count == len(batch.results)
        for each in batch.results:
            assert (each.order_id in story.world.state.orders) is (each.outcome != "failed")


def test_an_order_of_a_batch_is_refreshed_as_any(api: Api) -> None:
    """An order that a batch made can be connected, read and refreshed."""
    (result,) = made(api, [entry(0, employers=[{"company_name": "Home Depot"}])])["results"]
    order = api.get(f"/orders/{result['order_id']}/")
    api.sandbox.complete_bridge(order["employers"][0]["bridge_token"], username=GOOD[0], password=GOOD[1])
    api.sandbox.settle()
    assert api.get(f"/orders/{order['id']}/")["status"] == "completed"
    assert api.refresh(order["id"])["initial_order"] == order["id"]
