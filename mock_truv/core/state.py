"""Everything about one sandbox, in one value: the world and its edge."""

from __future__ import annotations

import msgspec

from mock_truv.core.due import Due
from mock_truv.core.faults import Active
from mock_truv.core.model import (
    AccessKey,
    AssetReport,
    Batch,
    BridgeToken,
    Certification,
    Collection,
    Delivery,
    IncomeInsightsReport,
    LedgerLine,
    Link,
    Order,
    PayrollReport,
    Provider,
    PublicToken,
    Report,
    SandboxScenario,
    ScoringReport,
    Subscription,
    Task,
    Template,
    User,
)
from mock_truv.core.plain import Plain
from mock_truv.core.profile import Profile
from mock_truv.core.scenario import Scenario


class Edge(Plain, kw_only=True):
    """The second state: what happened at the border. Every request changes it, a GET too."""

    requests: int = 0
    reads: int = 0
    refused: int = 0
    recent_us: list[int] = []
    """Instants of the requests of the last minute, where their number is limited."""
    faults: dict[str, Active] = {}
    draws: int = 0
    """Numbers drawn from the edge's own stream of chance."""
    repeated: dict[str, tuple[int, bytes]] = {}
    """Idempotency key -> status and body of its first answer, where the header is honoured."""


class State(Plain, kw_only=True):
    """Everything about one sandbox."""

    seed: str
    now_us: int
    profile: Profile
    steps: int = 0
    ordinals: dict[str, int] = {}
    agenda: list[tuple[int, int, Due]] = []
    agenda_number: int = 0
    users: dict[str, User] = {}
    users_by_external_id: dict[str, str] = {}
    orders: dict[str, Order] = {}
    orders_by_number: dict[str, str] = {}
    """``order_number`` -> the latest order with it, refresh orders left out."""
    batches: dict[str, Batch] = {}
    certifications: dict[str, Certification] = {}
    """Order -> what the person submitted for it."""
    tokens: dict[str, BridgeToken] = {}
    public_tokens: dict[str, PublicToken] = {}
    links: dict[str, Link] = {}
    access_tokens: dict[str, str] = {}
    tasks: dict[str, Task] = {}
    subscriptions: dict[str, Subscription] = {}
    deliveries: dict[str, Delivery] = {}
    reports: dict[str, Report] = {}
    asset_reports: dict[str, AssetReport] = {}
    income_insights_reports: dict[str, IncomeInsightsReport] = {}
    scoring_reports: dict[str, ScoringReport] = {}
    payroll_reports: dict[str, PayrollReport] = {}
    collections: dict[str, Collection] = {}
    collection_links: dict[str, str] = {}
    """Link -> the document collection it was made of."""
    ledger: list[LedgerLine] = []
    providers: dict[str, Provider] = {}
    sandbox_scenarios: dict[str, SandboxScenario] = {}
    """In the order in which they were created."""
    templates: dict[str, Template] = {}
    access_keys: dict[str, AccessKey] = {}
    """Those that the client made; the sandbox's own is not among them."""
    scenario: Scenario | None = None
    scenario_connections: int = 0
    """Connections made since it is in force."""
    edge: Edge = msgspec.field(default_factory=Edge)
