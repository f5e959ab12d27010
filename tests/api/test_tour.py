"""The tour: the seeded run from which the examples come, and by which the types are held against what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.api.parsing import parse_query
from mock_truv.openapi.paths import operation_id
from mock_truv.openapi.tour import tour
from mock_truv.openapi.touring import OWN_ADDRESS, Stop, Tour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.api.call import Operation

NOT_YET: frozenset[tuple[str, str]] = frozenset()
"""Operations that the tour does not call yet."""
UNTYPED: frozenset[tuple[str, str]] = frozenset()
"""Operations with a body in their answer that have no type for it yet."""
WITHOUT_BODY = {("PATCH", "/orders/{order}/")}
"""Operations that answer 200 and nothing more, as documented."""


@pytest.fixture(scope="module")
def stops() -> Sequence[Stop]:
    return tour()


def named(operation: Operation) -> str:
    return operation_id(operation)


def test_the_tour_calls_every_operation(stops: Sequence[Stop]) -> None:
    """Every operation is called with good input at least once; what is listed as missing is missing indeed."""
    called = {(stop.method, stop.path) for stop in stops}
    assert {(it.method, it.path) for it in OPERATIONS} - called == NOT_YET


def test_every_answer_has_a_type() -> None:
    """Every operation that answers with a body says of which type it is."""
    untyped = {(it.method, it.path) for it in OPERATIONS if it.answer is None and it.status != 204}
    assert untyped == UNTYPED | WITHOUT_BODY


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_answers_are_of_their_types(operation: Operation, stops: Sequence[Stop]) -> None:
    """What the tour is answered decodes strictly into the operation's type and encodes back to the same JSON."""
    mine = [stop for stop in stops if (stop.method, stop.path) == (operation.method, operation.path)]
    assert mine or (operation.method, operation.path) in NOT_YET
    for stop in mine:
        assert stop.status == operation.status
        if operation.answer is None:
            assert stop.answer == b""
        elif stop.content_type.startswith("application/json"):
            decoded = msgspec.json.decode(stop.answer, type=operation.answer)
            assert msgspec.json.decode(msgspec.json.encode(decoded)) == msgspec.json.decode(stop.answer)
        else:
            assert operation.pdf
            assert stop.answer.startswith(b"%PDF-")


def test_the_queries_of_the_tour_are_known(stops: Sequence[Stop]) -> None:
    """Every query parameter that the tour sends is one of its operation, so that the types are exercised."""
    by_path = {(it.method, it.path): it for it in OPERATIONS}
    for stop in stops:
        if stop.query:
            query = by_path[stop.method, stop.path].query
            assert query is not None, f"{stop.method} {stop.path} has no parameters"
            names = {part.partition("=")[0] for part in stop.query.split("&")}
            assert names <= {field.encode_name for field in msgspec.structs.fields(query)}
            parse_query(stop.query, query)


def test_the_tour_is_the_same_each_time(stops: Sequence[Stop]) -> None:
    """Two tours of one seed are equal byte for byte; another seed brings other ids."""
    assert tour() == list(stops)
    assert Tour("1" * 64).call("POST", "/users/", {})["id"] != Tour().call("POST", "/users/", {})["id"]


def test_a_tour_stops_at_what_is_not_good() -> None:
    """A call that is refused is a mistake of the tour and is told with the answer."""
    with pytest.raises(AssertionError, match=r"404.*Not Found"):
        Tour().call("GET", "/users/{user}/", user="0" * 32)


def test_no_answer_holds_a_placeholder(stops: Sequence[Stop]) -> None:
    """Our own address stands where the machine leaves a mark for it."""
    assert any(OWN_ADDRESS in stop.answer for stop in stops)
    assert not any(b"\x01" in stop.answer for stop in stops)


def test_stops_name_the_knobs_that_were_read(stops: Sequence[Stop]) -> None:
    """A stop tells the knobs its operation has read: an order's lag for an order, none of orders for a webhook."""
    read = {(stop.method, stop.path): set(stop.knobs) for stop in stops}
    assert {"order_read_lag_seconds", "report_place", "client_name"} <= read["GET", "/orders/{order}/"]
    assert "refresh_limit" in read["POST", "/orders/{order}/"]
    assert not {"order_read_lag_seconds", "refresh_limit"} & read["GET", "/webhooks/{webhook}/"]
