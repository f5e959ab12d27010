"""The products and where their data come from: which data source a login uses, and at which provider.

Sources: bridge token page (``data_sources``, bank income, documents, tax), tasks pages (a deposit switch has a stage of
its own), companies and providers page. Which sources a product may use besides its usual one is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.catalog import TRUV_API

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mock_truv.core.catalog import Catalog
    from mock_truv.core.model import Provider

PAYROLL, DOCS, TAX, BANKS, INSURERS = "payroll", "docs", "tax", "financial_accounts", "insurance"

ACCOUNT_PRODUCTS = ("assets", "transactions")
"""Products whose suborders stand in ``financial_accounts``; all others stand in ``employers``."""
PAY_PRODUCTS = ("income", "employment")
"""Products that read a person's work and pay; income includes employment (best practices page)."""
SWITCHES = ("deposit_switch", "pll")
"""Products that change where pay goes, in the stage ``switch_deposit``, and read nothing (task lifecycle page)."""

SOURCES: dict[str, tuple[str, ...]] = {
    "income": (PAYROLL, DOCS, BANKS, TAX),
    "employment": (PAYROLL, DOCS, BANKS, TAX),
    "deposit_switch": (PAYROLL,),
    "pll": (PAYROLL,),
    "insurance": (INSURERS,),
    "transactions": (BANKS,),
    "assets": (BANKS,),
}
"""Product -> the sources it may come from, the usual one first."""
WITHOUT_WORK = frozenset({BANKS, INSURERS})
"""Sources in which no employment is found: no employer, no pay, and none of the events about them (inferred)."""
DEFAULTS = {BANKS: "maplebank", INSURERS: "fireside_mutual", DOCS: "docdrop", TAX: "return_desk"}
"""Source -> the provider of a login that names none; at payroll it is ``truv_api`` (orders page; the others: assumed).
"""


def possible_sources(product: str, asked: Collection[str] | None) -> tuple[str, ...]:
    """Return the sources that Bridge offers for a product, the one it takes by itself first.

    ``asked`` are the ``data_sources`` of token or employer; one that offers nothing of the product's is as if absent
    (assumed).
    """
    possible = SOURCES[product]
    return tuple(each for each in possible if asked and each in asked) or possible


def source_at(provider: Provider, sources: tuple[str, ...]) -> str | None:
    """Return which of ``sources`` a login at a provider uses, None when it has none of them."""
    return provider.data_source if provider.data_source in sources else None


def may_come_from(product: str, source: str) -> bool:
    """Return whether a connection to a source can have a product's data at all."""
    return source in SOURCES[product]


def default_provider(source: str, providers: Mapping[str, Provider]) -> str:
    """Return the id of the provider where somebody logs in who names none, one of ``providers``."""
    wanted = DEFAULTS.get(source, TRUV_API)
    return wanted if wanted in providers else TRUV_API


def is_offered(catalog: Catalog, provider_id: str, product: str) -> bool:
    """Return whether a provider has a product at all; a login for one that it does not have ends in ``not_supported``.

    That status is documented for providers that are not supported; that it is given by product is inferred.
    """
    listing = catalog.listings.get(provider_id)
    return listing is None or product in listing.product_types


def same_data(one: str, other: str) -> bool:
    """Return whether two products are one connection's data: income and employment are, else only equal ones."""
    return one == other or (one in PAY_PRODUCTS and other in PAY_PRODUCTS)


def employer_products(products: Collection[str]) -> list[str]:
    """Return the products for which each employer named in an order gets a suborder of its own (inferred).

    Income and employment are one, the first of them. An insurer is no employer: ``insurance`` is among them only where
    the order has nothing else for employers; where it has nothing at all for them, it is the first product.
    """
    found: list[str] = []
    for product in products:
        if product not in ACCOUNT_PRODUCTS and not any(same_data(product, each) for each in found):
            found.append(product)
    if len(found) > 1 and "insurance" in found:
        found.remove("insurance")
    return found or list(products)[:1]


def missing_products(products: Collection[str], present: Collection[str]) -> list[str]:
    """Return the products of an order of which no suborder is there yet; those of employers come first."""
    missing: list[str] = []
    for product in sorted(products, key=lambda it: it in ACCOUNT_PRODUCTS):
        if not any(same_data(product, each) for each in (*present, *missing)):
            missing.append(product)
    return missing
