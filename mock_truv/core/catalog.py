"""The immutable data a world refers to: people, employers, providers. Read from ``fixtures/`` outside the core."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, TypeVar

import msgspec
from msgspec import Meta, inspect

from mock_truv.core.model import Provider
from mock_truv.core.names import NameIndex, domain_of
from mock_truv.core.payroll import load_people
from mock_truv.core.payroll.loading import FixtureError
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from mock_truv.core.payroll import Person

T = TypeVar("T")

TRUV_API = "truv_api"
"""Provider of a login that names none (orders page: id ``truv_api``, "Sandbox Provider")."""

Product = Literal["income", "employment", "deposit_switch", "pll", "insurance", "transactions", "assets"]
ProviderSource = Literal["payroll", "docs", "insurance", "financial_accounts", "tax", "scoring_attributes"]
"""Where a provider's data come from (data-providers object)."""
SuccessRate = Literal["high", "low", "unsupported"]
MappingStatus = Literal["verified", "mapped", "unmapped"]
DepositType = Literal["entire", "percent", "amount"]
Share = Annotated[float, Meta(ge=0, le=1)]
Step = Annotated[str, Meta(pattern=r"^(1|0\.0*1)$")]
"""The smallest step of a deposit: ``1``, ``0.1``, ``0.01`` …"""


class Address(TypedDict):
    """Where an employer is."""

    street: str
    city: str
    state: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    zip: Annotated[str, Meta(pattern=r"^\d{5}$")]


class Employer(TypedDict):
    """An entry of ``fixtures/employers.json``: an employer, and the payroll systems it is known to use."""

    company_mapping_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    domain: Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.example$")]
    logo_url: Annotated[str, Meta(pattern=r"^https://[a-z.]+\.example/")] | None
    address: Address
    phone: Annotated[str, Meta(pattern=r"^\d{10}$")]
    ein: Annotated[str, Meta(pattern=r"^\d{2}-\d{7}$")]
    success_rate: SuccessRate | None
    """None: too few attempts so far."""
    mapping_status: MappingStatus
    sso: str | None
    """Name of the single sign-on service of its people."""
    synonyms: list[str]
    """Other names under which it is searched."""
    providers: list[str]
    """The payroll systems that it uses, the main one first; none is known of an unmapped one."""


class FillRates(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Share of links in which a field was present (company_info)."""

    job_title: Share
    job_type: Share
    is_active: Share
    start_date: Share
    original_hire_date: Share
    income: Share
    income_unit: Share
    pay_frequency: Share
    w2s: Share
    paystubs: Share


class DepositSwitch(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What deposits a payroll system can be told to make (company_info)."""

    max_number: Annotated[int, Meta(ge=0, le=20)]
    deposit_types: list[DepositType]
    amount_precision: Step
    percent_precision: Step


class Listing(Provider, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``fixtures/providers.json``: a provider's habits, and what the list of providers says of it."""

    logo_url: Annotated[str, Meta(pattern=r"^https://[a-z.]+\.example/")] | None = None
    kind: Literal["oauth", "credentials"] = "oauth"
    second_factor: Literal["never", "new_session", "always"] = "never"
    data_source: ProviderSource
    product_types: list[Product]
    success_rate: SuccessRate | None
    deposit_switch: DepositSwitch | None = None
    """None: deposits cannot be changed there."""
    fill_rates: FillRates | None = None
    """None: no employments come from there."""


class Catalog:
    """People, employers and providers, with one digest over the bytes they were read from.

    Raises:
        FixtureError: A file is not what it should be; the message names the file, the entry and the field.
    """

    def __init__(self, people: Mapping[str, bytes], employers: bytes, providers: bytes) -> None:
        self.people: dict[str, Person] = load_people(people)
        listings = _decoded("providers.json", providers, Listing, "id")
        self.listings: dict[str, Listing] = _unique("providers.json", listings, "id", lambda it: it.id)
        """Every provider, by id."""
        self.providers: list[Provider] = [msgspec.convert(it, Provider, from_attributes=True) for it in listings]
        """Their habits, as a world begins with them."""
        self.employers: list[Employer] = _decoded("employers.json", employers, Employer, "name")
        _check_employers(self.employers, self.listings)
        self._by_id = {entry["company_mapping_id"]: entry for entry in self.employers}
        self._by_name = {entry["name"].casefold(): entry for entry in self.employers}
        self._by_domain = {entry["domain"]: entry for entry in self.employers}
        self._by_ein = {digits(entry["ein"]): entry for entry in self.employers}
        self._by_phone = {entry["phone"]: entry for entry in self.employers}
        self._numbers = {mapping_id: number for number, mapping_id in enumerate(self._by_id)}
        content = sha256(employers + b"\0" + providers)
        for name in sorted(people):
            content.update(name.encode() + b"\0" + people[name])
        self.digest = content.hexdigest()

    def employer(self, mapping_id: str) -> Employer | None:
        """Return the employer with a company mapping id, or None."""
        return self._by_id.get(mapping_id)

    def employer_named(self, name: str) -> Employer | None:
        """Return the employer of a name, upper and lower case alike, or None."""
        return self._by_name.get(name.casefold())

    def employer_at(self, domain: str) -> Employer | None:
        """Return the employer to which a web or e-mail address belongs, or None."""
        parts = domain_of(domain).split(".")
        tried = (".".join(parts[at:]) for at in range(len(parts) - 1))
        return next((found for each in tried if (found := self._by_domain.get(each))), None)

    def employer_with_ein(self, ein: str) -> Employer | None:
        """Return the employer with a federal employer number, written with or without the dash, or None."""
        return self._by_ein.get(digits(ein))

    def employer_with_phone(self, phone: str) -> Employer | None:
        """Return the employer with a telephone number, written in any way, with ``+1`` or without, or None."""
        return self._by_phone.get(digits(phone)[-10:])

    def number_of(self, employer: Employer) -> int:
        """Return the place of an employer in ``employers``."""
        return self._numbers[employer["company_mapping_id"]]

    @cached_property
    def company_names(self) -> NameIndex:
        """The search among the employers, in the order of ``employers``."""
        names = [[it["name"], *it["synonyms"]] for it in self.employers]
        return NameIndex(names, [it["domain"] for it in self.employers])

    @cached_property
    def provider_names(self) -> NameIndex:
        """The search among the providers, in the order of ``listings``."""
        return NameIndex([[it.name, it.id] for it in self.listings.values()], ["" for _ in self.listings])


def digits(text: str) -> str:
    """Return the digits of a number that people write with dashes, dots and brackets."""
    return "".join(each for each in text if each in "0123456789")


def _check_employers(employers: Sequence[Employer], listings: Mapping[str, Listing]) -> None:
    """Refuse employers that could not be told apart, or whose payroll systems there are not."""
    file = "employers.json"
    _unique(file, employers, "company_mapping_id", lambda it: it["company_mapping_id"])
    _unique(file, employers, "name", lambda it: it["name"].casefold())
    _unique(file, employers, "domain", lambda it: it["domain"])
    _unique(file, employers, "ein", lambda it: digits(it["ein"]))
    _unique(file, employers, "phone", lambda it: it["phone"])
    for it in employers:
        for ident in it["providers"]:
            listing = listings.get(ident)
            if listing is None or listing.data_source != "payroll":
                raise FixtureError(f"{file}: {it['name']!r}: providers: {ident!r} is no payroll provider")
        if bool(it["providers"]) == (it["mapping_status"] == "unmapped"):
            raise FixtureError(f"{file}: {it['name']!r}: providers: only an unmapped employer has none")


def _unique(file: str, entries: Sequence[T], field: str, key: Callable[[T], Hashable]) -> dict[Any, T]:
    """Return entries by a field that no two of them share.

    Raises:
        FixtureError: Two do.
    """
    found: dict[Hashable, T] = {}
    for at, entry in enumerate(entries):
        other = found.setdefault(key(entry), entry)
        if other is not entry:
            raise FixtureError(f"{file}: entry {at + 1}: {field}: {key(entry)!r} is already taken")
    return found


def _decoded(file: str, raw: bytes, entry_type: type[T], named_by: str) -> list[T]:
    """Decode a JSON list of entries, each with exactly the keys of its type.

    Raises:
        FixtureError: It is something else; the message names the entry by its number and its ``named_by``.
    """
    try:
        entries = msgspec.json.decode(raw)
    except ValueError as error:
        raise FixtureError(f"{file}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise FixtureError(f"{file}: the whole file: must be a list")
    try:
        found = msgspec.convert(entries, list[entry_type])  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$[")
        number, _, field = path.partition("]")
        raise FixtureError(f"{_place(file, entries, number, named_by)}{field.strip('`.')}: {problem}") from None
    _refuse_strange_keys(file, entries, entry_type, named_by)
    return found


def _refuse_strange_keys(file: str, entries: list[Any], entry_type: type, named_by: str) -> None:
    """Refuse keys that no type knows: msgspec lets them pass in typed dictionaries."""
    kind = inspect.type_info(entry_type)
    if isinstance(kind, inspect.TypedDictType):
        known = {field.encode_name for field in kind.fields}
        for at, entry in enumerate(entries):
            for key in entry.keys() - known:
                raise FixtureError(f"{_place(file, entries, str(at), named_by)}{key}: There is no such field")


def _place(file: str, entries: list[Any], number: str, named_by: str) -> str:
    """Return the beginning of a message about an entry."""
    if not number.isdigit():
        return f"{file}: "
    entry = entries[int(number)]
    name = entry.get(named_by) if isinstance(entry, dict) else None
    return f"{file}: entry {int(number) + 1}{f' ({name!r})' if isinstance(name, str) else ''}: "
