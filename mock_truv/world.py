"""The world of one sandbox as a machine: a command in, an outcome out; one due entry a step.

No clock, no socket, no chance from outside: the same seed and the same commands give the same outcomes, byte for byte.
"""

from __future__ import annotations

import heapq
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from mock_truv.api import batches, certifications, edge
from mock_truv.api.call import Answer, Request
from mock_truv.api.dispatch import JSON
from mock_truv.commands import (
    AddFault,
    Change,
    CompleteBridge,
    Delivered,
    LeaveBridge,
    MoveClock,
    PutScenario,
    Redeliver,
    RemoveFault,
    Resume,
    Step,
    Subscribe,
)
from mock_truv.control import changes
from mock_truv.core import collections, deliveries, orders, outgoing, progress, staging
from mock_truv.core.base import Deliver, Event, WorldBase, suborders
from mock_truv.core.bridge import complete as complete_bridge
from mock_truv.core.due import (
    BatchDue,
    ChangeDue,
    DeliveryDue,
    ExpireDue,
    FaultDue,
    FileDue,
    NotifyDue,
    ReleaseDue,
    TaskDue,
)
from mock_truv.core.errors import ApiError, NotFound, WrongInput
from mock_truv.core.model import Company
from mock_truv.core.plain import Frozen
from mock_truv.core.profile import Profile
from mock_truv.core.state import Edge, State

if TYPE_CHECKING:
    from mock_truv.commands import Command
    from mock_truv.core.catalog import Catalog

_ENCODER = msgspec.msgpack.Encoder()


class Outcome(Frozen, frozen=True):
    """What a command led to: the answer if one is due, what happened, and what is to be done outside."""

    answer: Answer | None
    events: list[Event]
    effects: list[Deliver]

    def digest(self) -> str:
        """Return 32 hex characters over everything in it."""
        return blake2b(_ENCODER.encode(self), digest_size=16).hexdigest()


class World(WorldBase):
    """One sandbox."""

    @classmethod
    def new(cls, seed: str, catalog: Catalog, *, now_us: int, profile: Profile | None = None) -> World:
        """Return a fresh world whose chance comes from ``seed`` (64 hex characters)."""
        state = State(seed=seed, now_us=now_us, profile=profile or Profile())
        state.providers = {it.id: msgspec.convert(msgspec.to_builtins(it), type(it)) for it in catalog.providers}
        return cls(state, catalog)

    def handle(self, command: Command) -> Outcome:
        """Carry out a command at the present instant."""
        match command:
            case Step():
                return self.step()
            case Request():
                answer: Answer | None = edge.serve(self, command)
            case _:
                answer = self._control(command)
        return self._outcome(answer)

    def step(self) -> Outcome:
        """Let the next entry of the agenda happen: exactly one."""
        due_us, _, entry = heapq.heappop(self.state.agenda)
        self.move_clock(max(due_us, self.now_us))
        self.state.steps += 1
        match entry:
            case TaskDue(task_id=task_id):
                progress.go_on(self, self.state.tasks[task_id])
            case DeliveryDue(webhook_id=webhook_id):
                deliveries.send(self, self.state.deliveries[webhook_id])
            case NotifyDue(order_id=order_id, reminder=reminder, suborder_id=suborder_id):
                orders.notify(self, self.state.orders[order_id], reminder, suborder_id)
            case BatchDue(batch_id=batch_id):
                batches.go_on(self, self.state.batches[batch_id])
            case FileDue(collection_id=collection_id, file_id=file_id):
                collections.go_on(self, self.state.collections[collection_id], file_id)
            case ExpireDue(order_id=order_id):
                orders.expire(self, self.state.orders[order_id])
            case ReleaseDue(fault_id=fault_id, first=first):
                active = self.state.edge.faults.get(fault_id)
                if active is not None and active.held[:1] == [first]:
                    outgoing.release(self, active)
            case ChangeDue(target=target, id=ident, fields=fields):
                changes.befall(self, target, ident, fields)
            case FaultDue(id=ident, fault=fault):
                changes.turn_fault(self, ident, fault)
            case _:
                assert_never(entry)
        return self._outcome(None)

    def digest(self) -> str:
        """Return 64 hex characters over the whole state: world and edge."""
        return blake2b(_ENCODER.encode(self.state), digest_size=32).hexdigest()

    def world_digest(self) -> str:
        """Return the digest of the state without the edge: what no GET may change."""
        edge, self.state.edge = self.state.edge, Edge()
        try:
            return self.digest()
        finally:
            self.state.edge = edge

    def snapshot(self) -> bytes:
        """Return the whole state, encoded."""
        return _ENCODER.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, catalog: Catalog) -> World:
        """Return the world of a snapshot."""
        return cls(msgspec.msgpack.decode(snapshot, type=State), catalog)

    def _control(self, command: Command) -> Answer | None:
        try:
            result = self._command(command)
        except ApiError as error:
            return Answer(error.status, msgspec.json.encode(error.body()), JSON)
        return None if result is None else Answer(200, msgspec.json.encode(result), JSON)

    def _command(self, command: Command) -> Any:
        match command:
            case MoveClock(to_us=to_us):
                self.move_clock(to_us)
                return None
            case Delivered():
                return deliveries.record(self, command.webhook_id, command.status_code, command.error)
            case CompleteBridge():
                return self._complete_bridge(command)
            case LeaveBridge(token=token):
                return self._leave_bridge(token)
            case Change(target="certification"):
                return certifications.submit(self, command.id, command.fields)
            case Change():
                return changes.apply(self, command.target, command.id, command.fields)
            case PutScenario(scenario=scenario):
                staging.apply(self, scenario)
                return {"scenario": scenario.name}
            case AddFault(fault=fault, name=name):
                return changes.add_fault(self, fault, name)
            case RemoveFault(id=ident):
                return changes.remove_fault(self, ident)
            case Redeliver(webhook_id=webhook_id):
                return deliveries.redeliver(self, webhook_id)
            case Resume():
                return deliveries.resume(self)
            case Subscribe(url=url):
                return deliveries.subscribe(self, url)
            case _:
                raise AssertionError(f"{command} is handled elsewhere")

    def _complete_bridge(self, command: CompleteBridge) -> Any:
        token = self.state.tokens.get(command.token)
        if token is None:
            raise NotFound
        company = None
        mapping_id = command.company_mapping_id or token.company_mapping_id
        if mapping_id is not None:
            employer = self.catalog.employer(mapping_id)
            if employer is None:
                raise WrongInput(("company_mapping_id", f"No company has the mapping id {mapping_id!r}"))
            company = Company(
                name=employer["name"],
                domain=employer["domain"],
                logo=employer["logo_url"],
                address=dict(employer["address"]),
                mapping_id=mapping_id,
            )
        return complete_bridge(self, token, command.login, provider_id=command.provider_id, company=company)

    def _leave_bridge(self, token: str) -> Any:
        known = self.state.tokens.get(token)
        if known is None:
            raise NotFound
        if known.order_id is None:
            raise WrongInput(("bridge_token", "This is a user's own token; leaving Bridge with it changes nothing"))
        order = self.state.orders[known.order_id]
        named = [each for each in suborders(order) if each.id == known.suborder_id]
        orders.leave(self, order, named[0] if named else None)
        return {"order_id": order.id}

    def _outcome(self, answer: Answer | None) -> Outcome:
        outcome = Outcome(answer, self.events, self.effects)
        self.events, self.effects = [], []
        return outcome
