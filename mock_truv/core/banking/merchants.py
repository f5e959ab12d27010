"""Where a household's money goes: bills, shops, how often and how much. All of it invented."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

SUMMER = (6, 7, 8, 9)


class Bill(NamedTuple):
    """Something due every month on ``day`` (or only in some ``months``): ``share`` of a month's living."""

    name: str
    day: int
    share: Decimal
    category: str
    description: str
    merchant: str
    swing: bool = False
    """It differs from month to month."""
    by_check: bool = False
    months: tuple[int, ...] = ()


class Purchase(NamedTuple):
    """A kind of shopping: on ``per_mille`` of all days, for about ``share`` of a month's living each time."""

    name: str
    account: str
    per_mille: int
    share: Decimal
    category: str
    code: int
    merchants: tuple[tuple[str, tuple[float, float] | None], ...]


BILLS = (
    Bill("rent", 1, Decimal("0.31"), "Rent", "CHECK", "Ridgeline Apartments", by_check=True),
    Bill("power", 5, Decimal("0.03"), "Utilities", "VALLEY POWER AND LIGHT", "Valley Power & Light", swing=True),
    Bill("phone", 8, Decimal("0.02"), "Mobile Phone", "CLEARTONE WIRELESS", "Cleartone Wireless"),
    Bill("internet", 12, Decimal("0.02"), "Internet", "FERNHILL BROADBAND", "Fernhill Broadband"),
    Bill("insurance", 18, Decimal("0.035"), "Auto Insurance", "MERIDIAN MUTUAL INS PREM", "Meridian Mutual"),
    Bill("water", 25, Decimal("0.02"), "Utilities", "CITY WATER DISTRICT", "City Water District", swing=True,
         months=SUMMER),
)  # fmt: skip

PURCHASES = (
    Purchase("groceries", "checking", 220, Decimal("0.022"), "Groceries", 5411, (
        ("Green Basket Market", (40.7306, -73.9352)), ("Fairway & Sons", (40.7411, -73.9897)),
        ("Corner Pantry", (40.7214, -73.9873)))),
    Purchase("gas", "checking", 120, Decimal("0.014"), "Gas", 5541, (
        ("Blue Heron Fuel", (40.7527, -73.9772)), ("Roadside Gas & Go", (40.6782, -73.9442)))),
    Purchase("pharmacy", "checking", 40, Decimal("0.008"), "Health & Fitness", 5912, (
        ("Elm Street Pharmacy", (40.7282, -73.7949)),)),
    Purchase("coffee", "card", 160, Decimal("0.003"), "Coffee Shops", 5814, (
        ("Slow Kettle Coffee", (40.7580, -73.9855)), ("Third Cup", (40.7128, -74.0060)))),
    Purchase("restaurants", "card", 110, Decimal("0.019"), "Restaurants", 5812, (
        ("Tamarind Table", (40.7061, -73.9969)), ("Nonna's Counter", (40.7589, -73.9851)))),
    Purchase("shopping", "card", 70, Decimal("0.032"), "Shopping", 5311, (
        ("Juniper Hardware", (40.6892, -74.0445)), ("Parcelwise Online", None))),
    Purchase("streaming", "card", 33, Decimal("0.005"), "Entertainment", 5967, (
        ("Moonreel Streaming", None), ("Wavefold Music", None))),
    Purchase("travel", "card", 9, Decimal("0.110"), "Travel", 4511, (("Skylark Airways", None),)),
)  # fmt: skip
