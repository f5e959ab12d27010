"""Operations on employers ("company mappings") and data providers. They read the catalog and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mock_truv.api.bodies.companies import MatchCompany
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.companies import (
    Company,
    CompanyInfo,
    CompanyQuery,
    CompanySearchQuery,
    CompanySuggestion,
    DepositSwitch,
    Features,
    FillRates,
    ListedProvider,
    PayrollProvider,
    ProviderQuery,
    SignOn,
)
from mock_truv.core.catalog import Product
from mock_truv.core.companies import Wanted, best_match
from mock_truv.core.connections import is_down

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.catalog import Catalog, Employer, Listing, SuccessRate

SUGGESTIONS_LIMIT = 25
"""So many results has a search at most (assumed)."""
CREATE = "create"
"""The one action on bank accounts that the deposit switch report's page names."""


def search(call: Call) -> list[CompanySuggestion]:
    """Return the employers that a query means, the best first; it may be partial or misspelt.

    With ``product_type`` those whose payroll system does not have the product are left out (as in the provider list;
    inferred); employers whose payroll system is not known stay.
    """
    wanted: CompanySearchQuery = call.params
    catalog = call.world.catalog
    found = [(catalog.employers[it.place], it.score) for it in catalog.company_names.search(wanted.query or "")]
    return [
        CompanySuggestion(
            company_mapping_id=it["company_mapping_id"],
            name=it["name"],
            domain=it["domain"],
            logo_url=it["logo_url"],
            success_rate=it["success_rate"],
            confidence_level=confidence(score // 10),
            sso=None if it["sso"] is None else SignOn(name=it["sso"]),
        )
        for it, score in found
        if offers(catalog, it, wanted.product_type)
    ][:SUGGESTIONS_LIMIT]


def match(call: Call) -> Company:
    """Return the one employer that a description means best; without one, what was asked for and no id.

    The keys of the answer for nobody are documented, their values are assumed.
    """
    body: MatchCompany = call.body
    address = body.address
    wanted = Wanted(
        mapping_id=body.id,
        name=body.name,
        domain=body.domain,
        ein=body.ein,
        phone=body.phone,
        street=address.street if address else None,
        city=address.city if address else None,
        state=(address.state if address else None) or body.state,
        zip=address.zip if address else None,
    )
    best = best_match(call.world.catalog, wanted)
    if best is not None:
        return _company(call.world.catalog, best.employer, best.confidence, body.product_type)
    return Company(
        company_mapping_id=None,
        name=body.name or "",
        domain=body.domain,
        logo_url=None,
        success_rate=None,
        confidence_level=confidence(0),
        mapping_status="unmapped",
    )


def read(call: Call) -> CompanyInfo:
    """Return one employer with the features of its payroll system; with ``product_type``, its success rate for that."""
    catalog = call.world.catalog
    it: Employer = call.target
    known = _company(catalog, it, 100, call.params.product_type)
    listing = catalog.listings[it["providers"][0]] if it["providers"] else None
    return CompanyInfo(
        **{name: getattr(known, name) for name in Company.__struct_fields__}, features=_features(listing)
    )


def list_companies(call: Call) -> Page[Company]:
    """Return all employers (older page; that it is paged is assumed)."""
    catalog = call.world.catalog
    return page(call, catalog.employers, lambda it: _company(catalog, it, 100, None))


def list_providers(call: Call) -> Page[ListedProvider]:
    """Return the data providers; ``query``, ``product_type`` and ``data_source`` pick. ``search`` is ignored."""
    wanted: ProviderQuery = call.params
    catalog = call.world.catalog
    listings = list(catalog.listings.values())
    if wanted.query is not None:
        listings = [listings[it.place] for it in catalog.provider_names.search(wanted.query)]
    picked = [
        it
        for it in listings
        if (wanted.product_type is None or wanted.product_type in it.product_types)
        and wanted.data_source in {None, it.data_source}
    ]
    return page(call, picked, lambda it: _provider(call.world, it))


def read_provider(call: Call) -> ListedProvider:
    """Return one data provider."""
    return _provider(call.world, call.target)


def list_supported(call: Call) -> list[PayrollProvider]:
    """Return the payroll systems that have a product (2022; the form of the answer is assumed)."""
    return [
        PayrollProvider(id=it.id, name=it.name, logo_url=it.logo_url, is_supported=it.success_rate != "unsupported")
        for it in call.world.catalog.listings.values()
        if it.data_source == "payroll" and call.target in it.product_types
    ]


def confidence(per_cent: int) -> str:
    """Return a confidence level as text."""
    return "1" if per_cent >= 100 else f"0.{per_cent:02d}" if per_cent else "0"


def offers(catalog: Catalog, it: Employer, product: str | None) -> bool:
    """Return whether one of an employer's payroll systems has a product; where none is known, it might (assumed)."""
    listings = [catalog.listings[ident] for ident in it["providers"]]
    return product is None or not listings or any(product in each.product_types for each in listings)


def _company(catalog: Catalog, it: Employer, per_cent: int, product: str | None) -> Company:
    rate: SuccessRate | None = it["success_rate"] if offers(catalog, it, product) else "unsupported"
    return Company(
        company_mapping_id=it["company_mapping_id"],
        name=it["name"],
        domain=it["domain"],
        logo_url=it["logo_url"],
        success_rate=rate,
        confidence_level=confidence(per_cent),
        mapping_status=it["mapping_status"],
    )


def _features(listing: Listing | None) -> Features:
    """Return the features of a payroll system; without one, of one that can do nothing and tells nothing (assumed)."""
    switch = listing.deposit_switch if listing else None
    rates = listing.fill_rates if listing else None
    return Features(
        deposit_switch=DepositSwitch(
            max_number=switch.max_number if switch else 0,
            deposit_types=switch.deposit_types if switch else [],
            amount_precision=switch.amount_precision if switch else "0.01",
            percent_precision=switch.percent_precision if switch else "0.01",
        ),
        fill_rates=FillRates(**{name: getattr(rates, name, 0.0) for name in FillRates.__struct_fields__}),
    )


def _provider(world: WorldBase, it: Listing) -> ListedProvider:
    return ListedProvider(
        id=it.id,
        name=it.name,
        logo_url=it.logo_url,
        data_source=it.data_source,
        product_types=list(it.product_types),
        is_disabled=is_down(world.state.providers[it.id], world.now_us),
        success_rate=it.success_rate,
        is_supported=it.success_rate != "unsupported",
        supported_bank_account_actions=[CREATE] if it.deposit_switch else [],
        features=_features(it),
    )


OPERATIONS = (
    Operation(
        "GET", "/company-mappings-search/", search, "company_autocomplete_search; ranking assumed",
        query=CompanySearchQuery, answer=list[CompanySuggestion],
    ),
    Operation(
        "GET", "/companies/", list_companies, "companies-and-data-providers, older; form assumed", basis="inferred",
        query=Paged, answer=Page[Company],
    ),
    Operation("POST", "/companies/", match, "company_mapping; ranking assumed", MatchCompany, answer=Company),
    Operation("GET", "/companies/{company}/", read, "company_info", query=CompanyQuery, answer=CompanyInfo),
    Operation(
        "GET", "/providers/", list_providers, "providers-list; page inferred", query=ProviderQuery,
        answer=Page[ListedProvider],
    ),
    Operation("GET", "/providers/{provider}/", read_provider, "providers-detail", answer=ListedProvider),
    Operation(
        "GET", "/payroll-providers/supported/{product_type}/", list_supported,
        "companies-and-data-providers, older; form assumed", basis="assumed", answer=list[PayrollProvider],
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {
    "company": lambda world, ident, _: world.catalog.employer(ident),
    "provider": lambda world, ident, _: world.catalog.listings.get(ident),
    "product_type": lambda _world, ident, _: ident if ident in get_args(Product) else None,
}
