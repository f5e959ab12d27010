"""The closed lists of words that requests and answers share (conventions page 10, webhook and order pages).

For the type checker they are plain text, as the state keeps them; what is read and what is shown is held against the
lists when the program runs and when its answers are tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    Product: TypeAlias = str
    RefreshProduct: TypeAlias = str
    DataSource: TypeAlias = str
    EnvType: TypeAlias = str
    Source: TypeAlias = str
    EventType: TypeAlias = str
else:
    Product = Literal["income", "employment", "deposit_switch", "pll", "insurance", "transactions", "assets"]
    RefreshProduct = Literal["employment", "income", "insurance", "transactions", "assets"]
    DataSource = Literal["payroll", "docs", "insurance", "financial_accounts", "tax", "instant"]
    EnvType = Literal["sandbox", "dev", "prod"]
    Source = Literal[
        "internal", "external_webpage", "individual", "self_signup", "encompass", "encompass_consumer_connect",
        "floify", "besmartee", "lenderlogix", "byte", "core_logic", "xactus", "constellation", "banno", "mx", "q2",
        "clutch", "accio", "tpo_connect", "darkmatter", "tazworks", "simplenexus", "alkami", "blue_sage", "lodasoft",
        "blend", "tidalwave",
    ]  # fmt: skip
    EventType = Literal[
        "task-status-updated", "order-status-updated", "order-created", "order-refresh-failed", "link-connected",
        "link-disconnected", "link-deleted", "employment-created", "employment-updated", "profile-created",
        "profile-updated", "statements-created", "statements-updated", "shifts-created", "shifts-updated",
        "bank-accounts-created", "bank-accounts-updated", "order-finalized", "certification-completed",
    ]  # fmt: skip
