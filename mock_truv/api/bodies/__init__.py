"""The request bodies, as types: parsed by them, described by them.

Lengths and required marks follow the reference pages; where a field's form is not documented it is left open.
"""

from __future__ import annotations

from mock_truv.api.bodies.common import Account, Address, Date, Name, Ssn
from mock_truv.api.bodies.links import CreateRefreshTask, ExchangeToken
from mock_truv.api.bodies.orders import (
    Chosen,
    CreateOrder,
    Employer,
    FinancialInstitution,
    LookupOrders,
    NotificationSettings,
    PatchOrder,
    RefreshOrder,
    RefreshOrderAlias,
)
from mock_truv.api.bodies.payloads import PayrollPayload
from mock_truv.api.bodies.sandbox import CreateSandboxScenario, Mfa, PatchSandboxScenario, ResolveSandboxScenario
from mock_truv.api.bodies.users import CreateReport, CreateToken, CreateUser
from mock_truv.api.bodies.webhooks import CreateWebhook, PatchWebhook
from mock_truv.api.enums import DataSource, EnvType, EventType, Product, RefreshProduct, Source

__all__ = [
    "Account",
    "Address",
    "Chosen",
    "CreateOrder",
    "CreateRefreshTask",
    "CreateReport",
    "CreateSandboxScenario",
    "CreateToken",
    "CreateUser",
    "CreateWebhook",
    "DataSource",
    "Date",
    "Employer",
    "EnvType",
    "EventType",
    "ExchangeToken",
    "FinancialInstitution",
    "LookupOrders",
    "Mfa",
    "Name",
    "NotificationSettings",
    "PatchOrder",
    "PatchSandboxScenario",
    "PatchWebhook",
    "PayrollPayload",
    "Product",
    "RefreshOrder",
    "RefreshOrderAlias",
    "RefreshProduct",
    "ResolveSandboxScenario",
    "Source",
    "Ssn",
]
