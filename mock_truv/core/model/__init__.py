"""The plain data of one sandbox. All of it encodes and decodes; there are no rules here.

Names are Truv's. Instants end in ``_us`` (microseconds since 1970, UTC). The rules that change these data stand beside
this package, which imports none of them.
"""

from mock_truv.core.model.batches import Batch, EntryOutcome
from mock_truv.core.model.billing import LedgerLine
from mock_truv.core.model.certifications import Certification, Decision
from mock_truv.core.model.collections import (
    Collection,
    FileFacts,
    FileStatus,
    Finalized,
    RecognizedDocument,
    UploadedFile,
)
from mock_truv.core.model.links import Connection, Deposit, Link
from mock_truv.core.model.orders import Company, Order, OrderEvent, Suborder
from mock_truv.core.model.people import User
from mock_truv.core.model.providers import Outage, Provider
from mock_truv.core.model.reports import (
    AssetReport,
    Borrower,
    IncomeInsightsReport,
    PayrollReport,
    Report,
    ReportEntry,
    Wishes,
)
from mock_truv.core.model.sandbox_scenarios import Payload, SandboxScenario, Script
from mock_truv.core.model.scoring import ScoredAccount, ScoredTransaction, ScoringReport
from mock_truv.core.model.statuses import OPEN_SUBORDER, SuborderStatus, TaskStatus
from mock_truv.core.model.tasks import Login, Task
from mock_truv.core.model.templates import Template
from mock_truv.core.model.tokens import AccessKey, BridgeToken, PublicToken
from mock_truv.core.model.webhooks import Attempt, Delivery, Subscription

__all__ = [
    "OPEN_SUBORDER", "AccessKey", "AssetReport", "Attempt", "Batch", "Borrower", "BridgeToken", "Certification",
    "Collection", "Company", "Connection", "Decision", "Delivery", "Deposit", "EntryOutcome", "FileFacts", "FileStatus",
    "Finalized", "IncomeInsightsReport", "LedgerLine", "Link", "Login", "Order", "OrderEvent", "Outage", "Payload",
    "PayrollReport", "Provider", "PublicToken", "RecognizedDocument", "Report", "ReportEntry", "SandboxScenario",
    "ScoredAccount", "ScoredTransaction", "ScoringReport", "Script", "Suborder", "SuborderStatus", "Subscription",
    "Task", "TaskStatus", "Template", "UploadedFile", "User", "Wishes",
]  # fmt: skip
