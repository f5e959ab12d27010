"""Where pay goes after deposit switches: shares that add up, whatever is switched after what."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.core.deposits import DETAILS, Share, switched, wanted
from mock_truv.runtime.hub import load_catalog

NUMBERS = st.sampled_from("ABCDE")
PERCENTS = st.integers(1, 10_000).map(lambda hundredths: Decimal(hundredths) / 100)


def share(number: str, kind: str, value: Decimal = Decimal(100)) -> Share:
    """Return a share of one account."""
    return Share(account_number=number, routing_number="1", account_type="checking", bank_name="Bank",
                 deposit_type=kind, deposit_value=value)  # fmt: skip


targets = st.one_of(
    st.builds(share, NUMBERS, st.just("entire")),
    st.builds(share, NUMBERS, st.just("percent"), PERCENTS),
    st.builds(share, NUMBERS, st.just("amount"), st.integers(1, 100_000).map(Decimal)),
)


@st.composite
def allocations(draw: st.DrawFn) -> list[Share]:
    """Fixed amounts, then either one entire account or percentages of a hundred together."""
    numbers = draw(st.permutations("ABCDE"))
    amounts = [share(number, "amount", Decimal(50)) for number in numbers[: draw(st.integers(0, 2))]]
    rest = numbers[2:]
    if draw(st.booleans()):
        return [*amounts, share(rest[0], "entire")]
    cut = draw(PERCENTS.filter(lambda value: value < 100))
    return [*amounts, share(rest[0], "percent", cut), share(rest[1], "percent", 100 - cut)]


def percents(shares: list[Share]) -> Decimal:
    """Return the sum of all percentages, an entire account being what they leave."""
    found = sum((each.deposit_value for each in shares if each.deposit_type == "percent"), Decimal(0))
    return Decimal(100) if any(each.deposit_type == "entire" for each in shares) else found


@settings(max_examples=300, deadline=None)
@given(allocations(), st.lists(targets, min_size=1, max_size=5))
def test_shares_add_up_after_any_switches(shares: list[Share], switches: list[Share]) -> None:
    """The target is first with what it asked for; no account is there twice or empty; no part of the pay is lost."""
    for target in switches:
        before = percents(shares)
        had = next((each for each in shares if each.is_of(target)), None)
        fixed = [each for each in shares if each.deposit_type == "amount" and not each.is_of(target)]
        shares = switched(shares, target)
        assert shares[0] == target
        assert len({each.account_number for each in shares}) == len(shares)
        assert all(each.deposit_value > 0 for each in shares)
        assert sum(each.deposit_type == "entire" for each in shares) <= 1
        if target.deposit_type == "entire":
            assert shares == [target]
        else:
            assert [each for each in shares[1:] if each.deposit_type == "amount"] == fixed
        assert percents(shares) <= 100
        gave_all_up = had is not None and had.deposit_type in {"entire", "percent"}
        if not gave_all_up:
            assert percents(shares) >= before, "a part of the pay goes nowhere"


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ("A entire 100", "B entire 100", "B entire 100"),
        ("A entire 100", "B percent 40", "B percent 40; A percent 60"),
        ("A entire 100", "B amount 250", "B amount 250; A entire 100"),
        ("A amount 200; B entire 100", "C percent 30", "C percent 30; A amount 200; B percent 70"),
        ("A percent 80; B percent 20", "C percent 30", "C percent 30; A percent 70"),
        ("A percent 80; B percent 20", "C percent 10", "C percent 10; A percent 80; B percent 10"),
        ("A percent 80; B percent 20", "A percent 50", "A percent 50; B percent 50"),
        ("A percent 80; B percent 20", "A percent 90", "A percent 90; B percent 10"),
        ("A percent 40; B percent 60", "A amount 75", "A amount 75; B percent 100"),
        ("A entire 100", "A percent 25", "A percent 25"),
        ("A entire 100", "A amount 25", "A amount 25"),
        ("", "A percent 25", "A percent 25"),
        ("A percent 100", "A entire 100", "A entire 100"),
    ],
)  # fmt: skip
def test_a_switch_takes_its_share_from_the_rest(before: str, target: str, after: str) -> None:
    """Fixed amounts stay; a percentage comes from the rest, then from those listed last."""

    def read(text: str) -> list[Share]:
        parts = [each.split() for each in text.split("; ") if each]
        return [share(number, kind, Decimal(value)) for number, kind, value in parts]

    assert switched(read(before), read(target)[0]) == read(after)


def test_what_the_client_did_not_say_is_what_the_person_types() -> None:
    """Without an account it is the official test account; types are read as words and as letters; numbers as text."""
    listings = load_catalog().listings
    offer = listings["truv_api"].deposit_switch
    assert set(wanted(None, "deposit_switch", offer)) == set(DETAILS)
    assert wanted(None, "deposit_switch", offer)["account_number"] == "16002600"
    assert wanted(None, "deposit_switch", offer)["deposit_type"] == "entire"
    assert wanted({}, "pll", offer)["deposit_type"] == "amount"
    assert wanted(None, "deposit_switch", listings["maritime_pay"].deposit_switch)["deposit_type"] == "amount"
    for given_type, word in (("percent", "percent"), ("PT", "percent"), ("E", "entire"), ("amount", "amount")):
        assert wanted({"deposit_type": given_type}, "pll", offer)["deposit_type"] == word
    for value, text in ((40, "40"), (40.0, "40"), (12.5, "12.5"), ("100.00", "100.00")):
        assert wanted({"deposit_value": value}, "pll", offer)["deposit_value"] == text
