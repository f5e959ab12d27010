"""The shipped catalogue of employers and providers, its loader, and the search among them."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mock_truv.api import enums
from mock_truv.core import catalog as data
from mock_truv.core.catalog import Catalog, Product
from mock_truv.core.companies import Wanted, best_match
from mock_truv.core.names import NameIndex, distances, folded, words_of
from mock_truv.core.payroll import FixtureError
from mock_truv.resources import folder
from mock_truv.runtime.hub import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EARLIER = 42
"""So many employers came with the first version, before all others."""
CATALOG = load_catalog()
EMPLOYERS_DIGEST = "6e3d1bbcb3691891803befd52dfbf83ee1aa1d062f93ee52bb4b1214cd2c7338"
PROVIDERS_DIGEST = "0c2d5d60bd8e6c75e48980ad6a719a40aa574a39670b8a9b256153071726dbe0"
NAMES = [it["name"] for it in CATALOG.employers]
SECOND_INDEX = NameIndex([[it["name"], *it["synonyms"]] for it in CATALOG.employers],
                         [it["domain"] for it in CATALOG.employers])  # fmt: skip
PLACES = st.integers(0, len(NAMES) - 1)


@lru_cache(maxsize=1)
def raw() -> tuple[bytes, bytes]:
    """Return the bytes of the employers and of the providers."""
    place = folder("fixtures")
    return (place / "employers.json").read_bytes(), (place / "providers.json").read_bytes()


def places(query: str) -> list[int]:
    """Return what a search finds, as places in the list of employers."""
    return [it.place for it in CATALOG.company_names.search(query)]


# --- the shipped data -----------------------------------------------------------------------------------------------


def test_the_catalogue_is_large_and_names_nobody_real() -> None:
    """There are at least 200 employers and 40 providers; domains, telephone numbers and logos belong to nobody."""
    assert len(CATALOG.employers) >= 200
    assert len(CATALOG.listings) >= 40
    for it in CATALOG.employers:
        assert it["domain"].endswith(".example")
        assert it["phone"][3:8] == "55501"
        assert it["ein"].startswith("89-")
    logos = [it["logo_url"] for it in CATALOG.employers] + [it.logo_url for it in CATALOG.listings.values()]
    assert all(logo is None or logo.startswith("https://logos.example/") for logo in logos)


def test_what_was_there_stays() -> None:
    """The employers and providers of the first version keep their places, ids and values: people refer to them."""
    fields = ("company_mapping_id", "name", "domain", "address", "phone", "ein")
    kept = [[it[field] for field in fields] for it in msgspec.json.decode(raw()[0])[:EARLIER]]
    assert sha256(msgspec.json.encode(kept)).hexdigest() == EMPLOYERS_DIGEST
    habits = [msgspec.to_builtins(it) for it in CATALOG.providers[:13]]
    names = ("id", "name", "kind", "lifetime_days", "second_factor", "task_seconds", "outages")
    assert sha256(msgspec.json.encode([[it[name] for name in names] for it in habits])).hexdigest() == PROVIDERS_DIGEST


def test_every_value_occurs() -> None:
    """Every word of every list occurs in the data; every field that may be null is null somewhere and not elsewhere."""
    employers, listings = CATALOG.employers, list(CATALOG.listings.values())
    assert {it["success_rate"] for it in employers} == {*get_args(data.SuccessRate), None}
    assert {it["mapping_status"] for it in employers} == {*get_args(data.MappingStatus)}
    assert {it.success_rate for it in listings} == {*get_args(data.SuccessRate), None}
    assert {it.data_source for it in listings} == {*get_args(data.ProviderSource)}
    assert {product for it in listings for product in it.product_types} == {*get_args(Product)}
    types = {each for it in listings if it.deposit_switch for each in it.deposit_switch.deposit_types}
    assert types == {*get_args(data.DepositType)}
    for values in ([it["logo_url"] for it in employers], [it["sso"] for it in employers],
                   [it.logo_url for it in listings], [it.lifetime_days for it in listings]):  # fmt: skip
        assert {value is None for value in values} == {True, False}
    assert {len(it["providers"]) for it in employers} >= {0, 1, 2, 3}
    assert any(not it["name"].isascii() for it in employers)
    first_words = Counter(" ".join(words_of(name)[:2]) for name in NAMES)
    assert first_words.most_common(1)[0][1] >= 2, "no two employers have nearly the same name"


def test_product_words_agree() -> None:
    """The catalogue knows the products that requests know."""
    assert get_args(Product) == get_args(enums.Product)


def test_look_ups_agree_with_the_list() -> None:
    """Each employer is found by id, name, number, telephone and domain, in any writing; strangers are not."""
    for number, it in enumerate(CATALOG.employers):
        assert CATALOG.employer(it["company_mapping_id"]) is it
        assert CATALOG.employer_named(it["name"].upper().lower()) is it or not it["name"].isascii()
        assert CATALOG.employer_with_ein(it["ein"].replace("-", "")) is it
        phone = it["phone"]
        assert CATALOG.employer_with_phone(f"+1 ({phone[:3]}) {phone[3:6]}-{phone[6:]}") is it
        for address in (it["domain"], f"https://www.{it['domain']}/jobs?x=1", f"pay@mail.{it['domain']}"):
            assert CATALOG.employer_at(address) is it
        assert CATALOG.number_of(it) == number
    for nobody in ("", "x", "self_employed", "example", ".example", "no.such.example"):
        assert CATALOG.employer(nobody) is None
        assert CATALOG.employer_named(nobody) is None
        assert CATALOG.employer_at(nobody) is None
        assert CATALOG.employer_with_ein(nobody) is None
        assert CATALOG.employer_with_phone(nobody) is None


# --- the loader -----------------------------------------------------------------------------------------------------


def loaded(change: Callable[[list[Any], list[Any]], object]) -> Catalog:
    """Load the catalogue after a change of the two lists."""
    employers, providers = (msgspec.json.decode(each) for each in raw())
    change(employers, providers)
    return Catalog({}, msgspec.json.encode(employers), msgspec.json.encode(providers))


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (lambda e, _: e[3].pop("phone"), ("employers.json", "entry 4 ('Pinewell Logistics')", "`phone`")),
        (lambda e, _: e[0].update(success_rate="great"), ("entry 1", "success_rate", "great")),
        (lambda e, _: e[0].update(logo="x"), ("entry 1 ('Hearthside Home Supply')", "logo", "no such field")),
        (lambda e, _: e[0]["address"].update(zip="x"), ("entry 1", "address.zip")),
        (lambda e, _: e[0].update(domain="truv.com"), ("entry 1", "domain")),
        (lambda e, _: e.append(e[0]), ("employers.json", "company_mapping_id", "already taken")),
        (lambda e, _: e[1].update(name=e[0]["name"].upper()), ("entry 2", "name", "already taken")),
        (lambda e, _: e[1].update(domain=e[0]["domain"]), ("entry 2", "domain", "already taken")),
        (lambda e, _: e[1].update(ein=e[0]["ein"]), ("entry 2", "ein", "already taken")),
        (lambda e, _: e[1].update(phone=e[0]["phone"]), ("entry 2", "phone", "already taken")),
        (lambda e, _: e[0].update(providers=["nope"]), ("Hearthside Home Supply", "providers", "'nope'")),
        (lambda e, _: e[0].update(providers=["maplebank"]), ("providers", "'maplebank' is no payroll provider")),
        (lambda e, _: e[0].update(providers=[]), ("providers", "only an unmapped employer has none")),
        (lambda e, _: e[0].update(mapping_status="unmapped"), ("providers", "only an unmapped employer has none")),
        (lambda e, _: e.insert(0, 7), ("employers.json: entry 1: ", "object")),
        (lambda _, p: p[0].pop("data_source"), ("providers.json", "entry 1 ('truv_api')", "data_source")),
        (lambda _, p: p[0].update(colour="red"), ("providers.json", "entry 1", "colour")),
        (lambda _, p: p[1].update(id="truv_api"), ("providers.json", "entry 2", "id", "already taken")),
        (lambda _, p: p[0]["fill_rates"].update(w2s=1.5), ("entry 1", "fill_rates.w2s")),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_precisely(change: Callable[[Any, Any], object], texts: tuple[str, ...]) -> None:
    """What is wrong in a file is told with the file, the entry and the field."""
    with pytest.raises(FixtureError) as caught:
        loaded(change)
    assert all(text.lower() in str(caught.value).lower() for text in texts), str(caught.value)


@pytest.mark.parametrize(("employers", "text"), [(b"", "not JSON"), (b"{}", "must be a list"), (b"[,", "not JSON")])
def test_what_is_no_list_is_refused(employers: bytes, text: str) -> None:
    """A file that is no JSON or no list is refused in a sentence that names it."""
    with pytest.raises(FixtureError, match=rf"employers\.json.*{text}"):
        Catalog({}, employers, raw()[1])


# --- the search -----------------------------------------------------------------------------------------------------


def test_every_employer_is_first_by_its_name() -> None:
    """The exact name finds its employer first and alone with 1000, in capitals and without accents, too."""
    for place, name in enumerate(NAMES):
        for query in (name, name.upper(), f"  {folded(name)} "):
            found = CATALOG.company_names.search(query)
            assert (found[0].place, found[0].score) == (place, 1000), query
            assert [it.score for it in found].count(1000) == 1


@settings(max_examples=300, deadline=None)
@given(PLACES, st.integers(3, 60))
def test_a_beginning_finds(place: int, length: int) -> None:
    """Every beginning of a name with three letters or more finds the employer among the results that are shown."""
    query = NAMES[place][:length]
    assume(sum(each.isalpha() for each in query) >= 3)
    assert place in places(query)[:25]


def mistyped(name: str) -> Iterator[str]:
    """Yield a name with one letter missing, or two neighbouring ones exchanged, in every way."""
    for at, letter in enumerate(name):
        if letter.isalpha():
            yield name[:at] + name[at + 1 :]
            if name[at + 1 : at + 2].isalpha():
                yield name[:at] + name[at + 1] + letter + name[at + 2 :]


@settings(max_examples=300, deadline=None)
@given(PLACES, st.data())
def test_one_mistake_is_forgiven(place: int, data: st.DataObject) -> None:
    """A name with one letter missing or two exchanged finds its employer among the first three."""
    query = data.draw(st.sampled_from(list(mistyped(NAMES[place]))))
    assert place in places(query)[:3]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=150) | st.sampled_from(NAMES).flatmap(lambda name: st.text(name, max_size=30)))
def test_any_text_has_one_answer(query: str) -> None:
    """Whatever is typed gives a list in falling order of its score, equal ones by name, and a second index the same."""
    found = CATALOG.company_names.search(query)
    keys = [(-it.score, folded(NAMES[it.place]), it.place) for it in found]
    assert keys == sorted(keys)
    assert len({it.place for it in found}) == len(found)
    assert all(0 < it.score <= 1000 for it in found)
    assert SECOND_INDEX.search(query) == found


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("st. brannoc hosp.", "Saint Brannoc Hospital"),
        ("saint aldwyns parish school", "St. Aldwyn's Parish School"),
        ("ST ALDWYN\u2019S", "St. Aldwyn's Parish School"),
        ("Tamarack Timber Corporation", "Tamarack Timber Corp."),
        ("crestfall engineering", "Crestfall Engineering, Inc."),
        ("mt verity univ", "Mount Verity University"),
        ("alder and finch", "Alder & Finch Design"),
        ("blue harbor sea food", "Blue Harbour Seafood"),
        ("smorbrod", "Smørbrød & Sønner Catering"),
        ("zitny mlyn", "Žitný Mlýn Bakery"),
        ("munoz hermanos", "Muñoz Hermanos Construcción"),
        ("ελια", "Ελιά Olive Imports"),
        ("山桜", "山桜 Garden Supply"),
        ("yamazakura", "山桜 Garden Supply"),
        ("pinewell.example", "Pinewell Logistics"),
        ("https://www.hearthside-home.example/careers", "Hearthside Home Supply"),
        ("NCC", "Northgate Community College"),
        ("northgate clinic", "Northgate Community Clinic"),
        ("comunity colege northgate", "Northgate Community College"),
        ("earthside home suply", "Hearthside Home Supply"),
        ("hearthsidehomesuply", "Hearthside Home Supply"),
    ],
)
def test_people_find_what_they_mean(query: str, name: str) -> None:
    """Short forms, other spellings, synonyms, domains, other orders: the employer that is meant comes first."""
    assert NAMES[places(query)[0]] == name


@pytest.mark.parametrize("query", ["", " ", "?!", "qqqq", "zzyzx quorx", "🙂", "x" * 10_000])
def test_nonsense_finds_nobody(query: str) -> None:
    """What resembles no name finds nothing."""
    assert places(query) == []


@settings(max_examples=120, deadline=None)
@given(st.text("abcø", max_size=4), st.text("abcø", max_size=4))
def test_distance_is_that_of_the_textbook(one: str, other: str) -> None:
    """The distance of two words, and of a word to a beginning, is what the recursive definition says."""

    def slow(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        costs = [slow(a[:-1], b) + 1, slow(a, b[:-1]) + 1, slow(a[:-1], b[:-1]) + (a[-1] != b[-1])]
        if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
            costs.append(slow(a[:-2], b[:-2]) + 1)
        return min(costs)

    beginnings = min(slow(one, other[:length]) for length in range(len(other) + 1))
    assert distances(one, other) == (slow(one, other), beginnings)


def test_folding_is_stable() -> None:
    """Folding what is folded changes nothing, whatever the letter."""
    letters = (chr(code) for code in range(0x3000) if chr(code).isalnum())
    assert [letter for letter in letters if folded(folded(letter)) != folded(letter)] == []


# --- the best match -------------------------------------------------------------------------------------------------


def whole(number: int) -> Wanted:
    """Return the full description of an employer."""
    it = CATALOG.employers[number]
    return Wanted(name=it["name"], domain=it["domain"], ein=it["ein"], phone=it["phone"], **it["address"])


@settings(max_examples=80, deadline=None)
@given(PLACES, st.sets(st.sampled_from(["name", "domain", "ein"]), min_size=1))
def test_each_sure_part_alone_finds_the_employer(place: int, parts: set[str]) -> None:
    """Name, domain or number, alone or together, mean their employer, with high confidence; more parts raise it."""
    full = msgspec.structs.asdict(whole(place))
    few = best_match(CATALOG, Wanted(**{part: full[part] for part in parts}))
    everything = best_match(CATALOG, whole(place))
    assert few is not None
    assert everything is not None
    assert few.employer is everything.employer is CATALOG.employers[place]
    assert 50 <= few.confidence <= everything.confidence <= 100


def test_the_address_decides_between_like_names() -> None:
    """With half a name, the state decides which employer is meant, and how sure; an address alone means nobody."""
    name = "Blue Harbor Ship"
    here = {it["address"]["state"]: it for it in CATALOG.employers if it["name"].startswith(name)}
    assert len(here) == 2
    for state, it in here.items():
        found = best_match(CATALOG, Wanted(name=name, state=state, city=it["address"]["city"]))
        elsewhere = best_match(CATALOG, Wanted(name=it["name"], state="AK"))
        assert found is not None
        assert found.employer is it
        assert elsewhere is not None
        assert elsewhere.confidence < 95
    assert best_match(CATALOG, Wanted(**CATALOG.employers[0]["address"])) is None


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(name="Qwxz Vbnm"), Wanted(name="", domain="", ein="", phone="")])
def test_nobody_is_meant(wanted: Wanted) -> None:
    """A description of a stranger means nobody."""
    assert best_match(CATALOG, wanted) is None
