"""The digest covers everything: no field of the state can change, come or go without another digest."""

from __future__ import annotations

import base64
import copy
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from mock_truv.commands import AddFault, Change, PutScenario
from mock_truv.core.due import DeliveryDue, Due, ExpireDue, NotifyDue, TaskDue
from mock_truv.core.faults import Delay, Reorder
from mock_truv.core.instants import DAY_US, SECOND_US
from mock_truv.core.scenario import ConnectionRule, DriverRule, FaultRule, ProviderRule, Scenario
from mock_truv.core.state import Edge, State
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World
from tests.worlds import GOOD, ORDER, Act, Plan, Reply, Story, request

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Keys and positions from the root of the encoded state to a place in it."""

RICH = Plan(
    seed=2,
    acts=(
        ORDER,
        Act("create", 0, ("/webhooks/", {"name": "x", "webhook_url": "http://127.0.0.1:9/", "env_type": "sandbox",
                                         "events": ["order-created"]})),
        Act("bridge", 0, (("goodlogin", "mfa", "12345"), None, None)),
        Act("clock", 0, 40 * SECOND_US),
        Act("exchange"),
        Act("create", 0, ("/sandbox/scenarios/", {"label": "own", "data_source": "payroll", "username": "own.login",
                                                  "behavior_status": "no_data", "products": ["income"]})),
        Act("refresh", 0, ("/orders/{order}/", ["income"], None,
                          {"manager": {"name": "Max"}, "email": "a@example.com"})),
        Act("clock", 0, 40 * SECOND_US),
        Act("create", 0, ("/orders/", {"products": ["income", "assets"], "first_name": "Eve", "last_name": "Test",
                                       "ssn": "3333", "external_user_id": "case-2", "custom_field": "c",
                                       "phone": "+14045550100", "loan": {"parts": [1, 2]},
                                       "notification_settings": {"first_notification_delay_hours": 2},
                                       "financial_institutions": [{"name": "Example Bank", "id": "b"}],
                                       "employers": [{"company_name": "Example Bakery", "start_date": "2020-01-01",
                                                      "data_sources": ["payroll"], "account": {"action": "x"},
                                                      "company_address": {"city": "Testville"}}]})),
        Act("create", 1, ("/users/{user}/tokens/", {"product_type": "income", "tracking_info": "t"})),
        Act("create", 0, ("/users/{user}/reports/", {"is_voe": True})),
        Act("change", 0, ("provider", {"down_for_seconds": 5, "outages": [{"from": "2026-03-01T00:00:00Z"}]})),
        Act("change", 0, ("profile", {"webhook_retries": 2})),
        Act("create", 1, ("/orders/{order}/cancel/", None)),
        Act("bridge", 2, (GOOD, None, None)),
        Act("refresh", 0, ("/orders/{order}/", ["employment"], None, {})),
        Act("bridge", 0, (("error.user", "no_data", None), None, None)),
    ),
    replies=(Reply(500), Reply(None), Reply(200)),
)  # fmt: skip


SCENARIO = Scenario(
    name="rich", title="t", why="w", expect="e", clauses=("RF-01",),
    connection=(ConnectionRule(nth=(1, 2), session_ends_after="180d", locked_after="300d", locked_for="1d",
                               broken_after="301d", broken_as="not_supported", deleted_after="302d"),),
    provider=(ProviderRule(down_from="300d", down_for="4h"),),
    fault=(FaultRule(fault=Delay(seconds=1.5, event_type="link-deleted", nth=(3,)), after="300d", lasting="1d"),),
    driver=(
        DriverRule(do="close", after="10d"),
        DriverRule(do="crash", at="committed", nth=2, method="POST", path="/v1/orders/*/", every="1d", times=2, cases=3,
                   cycle="2026", lasting="1h", together=2),
    ),
    seed=3, zone="UTC",
)  # fmt: skip


@lru_cache(maxsize=1)
def rich() -> World:
    """Return a world in which every kind of object and every kind of agenda entry stands."""
    story = Story(RICH)
    story.give(request("POST", "/webhooks/", {"name": "y", "webhook_url": "http://127.0.0.1:9/y",
                                              "env_type": "sandbox", "enabled": True}))  # fmt: skip
    story.give(PutScenario(SCENARIO))
    for act in RICH.acts:
        if act.kind == "bridge":  # the order-created of the next order is held back
            story.give(AddFault(Reorder(event_type="task-status-updated", times=3), name=None))
        story.perform(act)
    _finish(story)
    return story.world


def _finish(story: Story) -> None:
    """Certify an order, ask for a payroll report, and leave one batch behind that is done and one that is not."""
    state = story.world.state
    story.give(request("POST", "/keys/", {}))
    settings = {"name": "t", "products": ["income"], "default_for_products": True, "orders": {"link_expiration": "24"}}
    story.give(request("POST", "/templates/", settings))
    certified = next(each for each in state.orders.values() if each.completed_us is not None)
    story.give(Change("certification", certified.id, {}))
    _collect(story)
    _report_banks(story)
    token = next(iter(state.access_tokens))
    days = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
    story.give(request("POST", "/administrators/payrolls/", {"access_token": token, **days}))
    good = {"products": ["income"], "first_name": "Ada", "last_name": "Test", "order_number": "b-1"}
    story.give(request("POST", "/orders/batch/", {"orders": [good, {}]}))
    story.advance(SECOND_US)
    story.give(request("POST", "/orders/batch/", {"orders": [good]}))


def _report_banks(story: Story) -> None:
    """Ask for one report of every family that is about bank accounts."""
    user = next(iter(story.world.state.users))
    wishes = {"as_of_date": "2026-01-05", "large_deposit_threshold": {"fixed_amount": 500}}
    story.give(request("POST", f"/users/{user}/assets/reports/", wishes))
    purpose = {"consumer_report_permissible_purpose": "EXTENSION_OF_CREDIT"}
    story.give(request("POST", f"/users/{user}/income_insights/reports/", purpose))
    account = {"identifier": "a", "institution_identifier": "i", "type": "checking", "balance_amount": 1.5,
               "balance_date": "2026-01-01", "autopay": True}  # fmt: skip
    paid = {"identifier": "t", "account_identifier": "a", "post_date": "2026-01-01", "amount": -2.5, "status": "posted",
            "description": "Shop"}  # fmt: skip
    asked = {"lender_reference": "l", "customer_identifier": "c", "purpose": "decisioning"}
    banks = {"institutions": [{"identifier": "i", "name": "Bank"}], "accounts": [account], "transactions": [paid]}
    scored = {**asked, "cutoff_date": "2026-01-05", **banks}
    story.give(request("POST", "/scoring_attributes/reports/", scored))


def _collect(story: Story) -> None:
    """Make a document collection and a link of it, and leave one behind whose file is not done."""
    content = base64.b64encode(b"%PDF-1.7 " + b"0" * 2000 + b"%%EOF").decode()
    file = {"filename": "volunteer.pdf", "mime_type": "application/pdf", "content": content}
    mine = {"documents": [file], "users": [{"full_name": "Ada Test", "external_user_id": "docs-1"}]}
    story.give(request("POST", "/documents/collections/", mine))
    story.advance(8 * SECOND_US)
    collection = next(iter(story.world.state.collections))
    story.give(request("POST", f"/documents/collections/{collection}/finalize/", {}))
    other = {"filename": "w2.pdf", "mime_type": "application/pdf", "content": content}
    story.give(request("POST", f"/documents/collections/{collection}/upload/", {"documents": [other]}))


@lru_cache(maxsize=1)
def plain() -> Any:
    """Return the rich world's state as dictionaries and lists."""
    return msgspec.to_builtins(rich().state)


def digest_of(value: Any) -> str:
    """Return the digest of a state given as dictionaries and lists."""
    return World(msgspec.convert(value, State), load_catalog()).digest()


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value in an encoded state, the containers too."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from places(inner, (*path, at))


def kind_of(path: Path) -> Path:
    """Return a path with identifiers and positions left out: what stands there is of the same field."""
    return tuple("*" if isinstance(part, int) or len(part) == 32 else part for part in path)


def found(value: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for part in path:
        value = value[part]
    return value


def put(path: Path, new: Any) -> Any:
    """Return the encoded state with another value at a path."""
    value = copy.deepcopy(plain())
    *outer, last = path
    parent = found(value, tuple(outer))
    if isinstance(parent, tuple):
        parent = list(parent)
        parent[int(last)] = new
        *further, its_key = outer
        found(value, tuple(further))[its_key] = parent
    else:
        parent[last] = new
    return value


@lru_cache(maxsize=1)
def kinds() -> list[Any]:
    """Return every type that stands somewhere in the type of the state."""
    found: list[Any] = []
    waiting: list[Any] = [msgspec.inspect.type_info(State)]
    while waiting:
        kind = waiting.pop()
        if any(kind is each for each in found):
            continue
        found.append(kind)
        for name in kind.__struct_fields__:
            inner = getattr(kind, name)
            parts = inner if isinstance(inner, tuple) else (inner,)
            waiting += [part for part in parts if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field)]
    return found


@lru_cache(maxsize=1)
def words() -> list[Any]:
    """Return every value that stands literally in a type of the state: statuses, kinds, choices of knobs."""
    found: set[Any] = {"x", "9d", "RF-99"}
    for kind in kinds():
        if isinstance(kind, msgspec.inspect.LiteralType):
            found |= set(kind.values)
        elif isinstance(kind, msgspec.inspect.EnumType):
            found |= {each.value for each in kind.cls}
    return sorted(found, key=str)


def example(kind: Any) -> Any:
    """Return the smallest value of a type, in dictionaries and lists."""
    match kind:
        case msgspec.inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            tagged = {} if tag is None else {tag_field: tag}
            return tagged | {each.encode_name: example(each.type) for each in fields if each.required}
        case msgspec.inspect.UnionType(types=types) | msgspec.inspect.TupleType(item_types=types):
            parts = [example(each) for each in types]
            return parts[0] if isinstance(kind, msgspec.inspect.UnionType) else parts
        case msgspec.inspect.LiteralType(values=values):
            return values[0]
        case msgspec.inspect.EnumType(cls=cls):
            return next(iter(cls)).value
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return kind.ge or 0
        case msgspec.inspect.BoolType():
            return False
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return []
        case msgspec.inspect.DictType():
            return {}
        case msgspec.inspect.BytesType():
            return ""
        case _:
            return "x"


def others(value: Any) -> list[Any]:
    """Return values of the same form as ``value``; which of them the field takes is found by trying."""
    texts = [word for word in words() if isinstance(word, str)]
    numbers = [word for word in words() if isinstance(word, int)]
    filled = [example(kind) for kind in kinds() if isinstance(kind, msgspec.inspect.Type)]
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1, *numbers]
        case float():
            return [value + 0.5, value / 2]
        case str():
            return [value + "x", *texts]
        case None:
            return ["x", 1, {"k": 1}, *texts, *numbers, *filled, *([each] for each in filled)]
        case dict() if not value:
            return [{"k": 1}, {"k": "v"}, *({"k": each} for each in filled)]
        case list() if not value:
            return [[1], *([each] for each in [*texts, *filled])]
        case _:
            return []


def one_of_each() -> list[Path]:
    """Return a path to each field: of objects of one kind one that has a value there, if any has."""
    chosen: dict[Path, Path] = {}
    for path in places(plain()):
        kind = kind_of(path)
        if kind not in chosen or found(plain(), chosen[kind]) in (None, [], {}, ""):
            chosen[kind] = path
    return [path for path in chosen.values() if path]


def test_the_rich_world_is_rich() -> None:
    """The world that is mutated has at least one object of every kind, and every kind of entry on its agenda."""
    state = rich().state
    for name in msgspec.structs.fields(State):
        assert getattr(state, name.name), f"there are no {name.name}"
    assert {type(entry) for _, _, entry in state.agenda} == set(get_args(Due))
    assert any(active.held for active in state.edge.faults.values())
    assert any(provider.outages for provider in state.providers.values())
    assert any(delivery.attempts for delivery in state.deliveries.values())


def test_the_encoding_is_the_state() -> None:
    """A state that goes through its encoding unchanged keeps its digest: the tests below compare like with like."""
    assert digest_of(copy.deepcopy(plain())) == rich().digest()


def test_every_value_counts() -> None:
    """Another value of the right type in any field of any kind of object gives another digest."""
    original, taken, untried = rich().digest(), 0, []
    for path in one_of_each():
        value = found(plain(), path)
        if path[-1] == "type" and path[0] == "agenda":
            continue  # the kinds of agenda entries are exchanged in a test of their own
        if path[-1] == "kind" and path[-2] == "fault":
            continue  # another kind of fault has other fields
        candidates = [each for each in others(value) if each != value]
        for new in candidates:
            try:
                digest = digest_of(put(path, new))
            except msgspec.ValidationError:
                continue
            assert digest != original, f"{'.'.join(map(str, path))}: {value!r} -> {new!r} is not in the digest"
            taken += 1
            break
        else:
            if candidates:
                untried.append(path)
    assert not untried, f"no other value was found for {untried}"
    assert taken > 150, "the walk found fewer fields than the model has"


def test_every_element_counts() -> None:
    """An entry taken from any list or dictionary, and two neighbours of any list swapped, give another digest."""
    original, removed, swapped = rich().digest(), 0, 0
    for path in one_of_each():
        value = found(plain(), path)
        variants: list[Any] = []
        if isinstance(value, dict) and value:
            variants = [dict(list(value.items())[1:]), dict(list(value.items())[:-1])]
        elif isinstance(value, list) and value:
            variants = [value[1:], value[:-1], [*value, value[-1]]]
            if len(value) > 1 and value[0] != value[1]:
                variants.append([value[1], value[0], *value[2:]])
                swapped += 1
        for new in variants:
            try:
                digest = digest_of(put(path, new))
            except msgspec.ValidationError:
                continue  # a required field
            if new != value and not _only_default_lost(path, value, new):
                assert digest != original, f"{'.'.join(map(str, path))}: {value!r} -> {new!r} is not in the digest"
                removed += 1
    assert removed > 40
    assert swapped > 4


def _only_default_lost(path: Path, value: Any, new: Any) -> bool:
    """Return whether decoding puts back what was taken away: an optional field that held its default."""
    restored = found(msgspec.to_builtins(msgspec.convert(put(path, new), State)), path)
    return bool(restored == value)


@pytest.mark.parametrize("field", [field.name for field in msgspec.structs.fields(Edge)])
def test_the_edge_counts_in_the_digest_but_not_in_the_world(field: str) -> None:
    """Every counter of the edge is in the digest, and none is in the digest of the world."""
    world = World.restore(rich().snapshot(), load_catalog())
    whole, without = world.digest(), world.world_digest()
    assert whole == rich().digest()
    assert without != whole
    value = getattr(world.state.edge, field)
    new = next(
        candidate
        for candidate in [*others(msgspec.to_builtins(value)), {"k": 1}, [1]]
        if type(candidate) is type(msgspec.to_builtins(value)) or value is None
    )
    setattr(world.state.edge, field, new)
    assert world.digest() != whole
    assert world.world_digest() == without
    assert getattr(world.state.edge, field) == new, "asking for a digest leaves the edge as it is"


@pytest.mark.parametrize("delay_us", [1, DAY_US])
def test_every_part_of_the_agenda_counts(delay_us: int) -> None:
    """Due time, number, kind and object of an agenda entry are all in the digest, of the whole and of the world."""
    for position in range(len(rich().state.agenda)):
        due_us, number, entry = rich().state.agenda[position]
        changed = [(due_us + delay_us, number, entry), (due_us, number + 1, entry)]
        changed += [(due_us, number, other("0" * 32)) for other in (TaskDue, DeliveryDue, NotifyDue, ExpireDue)]
        ident = next(iter(msgspec.structs.asdict(entry).values()))
        changed += [
            (due_us, number, other(ident))
            for other in (TaskDue, DeliveryDue, NotifyDue, ExpireDue)
            if other is not type(entry)
        ]
        for new in changed:
            world = World.restore(rich().snapshot(), load_catalog())
            world.state.agenda[position] = new
            assert world.digest() != rich().digest()
            assert world.world_digest() != rich().world_digest()


def test_statuses_encode_as_their_texts() -> None:
    """Enumerations stand in the encoding as their values, so another order of their members changes no digest."""
    for path in places(plain()):
        assert not isinstance(found(plain(), path), Enum)
