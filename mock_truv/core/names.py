"""Names as people type them: which of many a few letters may mean.

Words are compared, not whole names: each typed word is held against each word of a name, as the same, as its beginning,
or as the same with letters wrong, missing or exchanged. Scores are whole numbers from 0 to 1000, so that the order is
the same everywhere; of equal ones the name earlier in the alphabet comes first. How the service ranks is not
documented: all of this is assumed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAME = 1000
LEAST_FOUND = 550
"""Names that resemble less are no result of a search."""
QUERY_LIMIT, WORDS_LIMIT = 120, 12
"""So many characters and words of a query are looked at."""
LETTERS = str.maketrans({
    "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "&": " and ",
})  # fmt: skip
"""Letters that are no plain letter with an accent, and the sign that is a word."""
APOSTROPHES = re.compile("['\u2019\u2018\u02bc`\u00b4]")
WORD = re.compile(r"[^\W_]+")
MEANINGS = {
    "st": ("street", "saint"), "ste": ("sainte",), "mt": ("mount",), "ft": ("fort",), "co": ("company", "county"),
    "corp": ("corporation",), "inc": ("incorporated",), "ltd": ("limited",), "intl": ("international",),
    "natl": ("national",), "svc": ("service", "services"), "svcs": ("services", "service"), "dept": ("department",),
    "dist": ("district",), "univ": ("university",), "mfg": ("manufacturing",), "bros": ("brothers",),
    "ctr": ("center",), "centre": ("center",), "assoc": ("associates", "association"), "hosp": ("hospital",),
    "grp": ("group",), "mgmt": ("management",), "tech": ("technologies", "technology"),
    "n": ("north",), "s": ("south",), "e": ("east",), "w": ("west",),
    "harbour": ("harbor",), "theatre": ("theater",), "theatres": ("theaters",),
}  # fmt: skip
"""Short forms and other spellings -> what they stand for."""
LIGHT = frozenset({
    "the", "a", "of", "and", "for", "company", "co", "corporation", "corp", "incorporated", "inc", "limited", "ltd",
    "llc", "llp", "lp", "plc", "group",
})  # fmt: skip
"""Words that tell little: they weigh as one letter."""


class Found(Frozen, frozen=True):
    """A name that a search found."""

    place: int
    score: int
    """0 to 1000; 1000: the very name."""


class NameIndex:
    """Names to be searched. Entry number ``n`` has several names and one web domain (empty: none)."""

    def __init__(self, names: Sequence[Sequence[str]], domains: Sequence[str]) -> None:
        self._names: list[Name] = []
        self._postings: dict[str, list[int]] = {}
        """Word -> the numbers of the names that have it."""
        self._signs: dict[str, int] = {}
        """Word -> its letters as bits."""
        self._order = [folded(each[0]) for each in names]
        self._domains = {domain: place for place, domain in enumerate(domains) if domain}
        for place, its_names in enumerate(names):
            for at, name in enumerate((*its_names, domains[place].partition(".")[0])):
                self._add(place, words_of(name), first=at == 0)

    def _add(self, place: int, name_words: list[str], *, first: bool) -> None:
        if not name_words:
            return
        number = len(self._names)
        squashed = "".join(name_words)
        self._names.append(
            Name(place, first, squashed, " ".join(name_words), letters_of(squashed), sum(map(weight, name_words)))
        )
        for word in {form for each in name_words for form in (each, *MEANINGS.get(each, ()))}:
            self._postings.setdefault(word, []).append(number)
            self._signs[word] = letters_of(word)

    def search(self, query: str, *, whole: bool = False) -> list[Found]:
        """Return what resembles a query, the best first; with ``whole`` its words are taken to be written out."""
        query = query[:QUERY_LIMIT]
        best: dict[int, int] = {}
        named = self._domains.get(domain_of(query))
        if named is not None:
            best[named] = SAME
        typed = words_of(query)[:WORDS_LIMIT]
        for number, score in self._scores(typed, whole=whole):
            place = self._names[number].place
            if score >= LEAST_FOUND and score > best.get(place, 0):
                best[place] = score
        found = [Found(place, score) for place, score in best.items()]
        return sorted(found, key=lambda it: (-it.score, self._order[it.place], it.place))

    def _scores(self, typed: list[str], *, whole: bool) -> Iterator[tuple[int, int]]:
        """Yield (number of a name, score) of every name that has one of the typed words, or the letters of all."""
        total = sum(map(weight, typed))
        if not total:
            return
        squashed, spelled = "".join(typed), " ".join(typed)
        letters = letters_of(squashed)
        resembled: dict[int, int] = {}
        covered: dict[int, int] = {}
        for word in typed:
            for number, (score, its_weight) in self._names_with(word, whole=whole).items():
                resembled[number] = resembled.get(number, 0) + score * weight(word)
                covered[number] = covered.get(number, 0) + score * its_weight
        for number, name in enumerate(self._names):
            together = _resemblance_of_letters(squashed, letters, name, whole=whole)
            if number not in resembled and not together:
                continue
            share = resembled.get(number, 0) // total
            coverage = min(covered.get(number, 0) // name.weight, SAME)
            apart = (share + coverage) // 2 if whole else (4 * share + coverage) // 5
            if spelled == name.spelled:
                yield number, SAME if name.first else SAME - 3
            else:
                yield number, min(max(apart, together), SAME - 4)

    def _names_with(self, typed: str, *, whole: bool) -> dict[int, tuple[int, int]]:
        """Return number of a name -> how well its best word resembles a typed one, and that word's weight.

        Mistakes are looked for only where no name has the word, or one that begins with it.
        """
        forms = (typed, *MEANINGS.get(typed, ()))
        scores = {form: SAME - 2 * (form != typed) for form in forms if form in self._postings}
        for word in self._postings:
            if word.startswith(typed) and word not in scores:
                scores[word] = 1000 * len(typed) // len(word) if whole else 950 + 40 * len(typed) // len(word)
        if not scores:
            sign = letters_of(typed)
            scores = {
                word: score
                for word, letters in self._signs.items()
                if (score := resemblance(typed, word, sign, letters, whole=whole))
            }
        best: dict[int, tuple[int, int]] = {}
        for word, score in scores.items():
            entry = (score, weight(word))
            for number in self._postings[word]:
                if entry > best.get(number, (0, 0)):
                    best[number] = entry
        return best


class Name(Frozen, frozen=True):
    """One name of an entry, as it is compared."""

    place: int
    first: bool
    """It is the entry's own name; the others are its synonyms and the first part of its domain."""
    squashed: str
    spelled: str
    letters: int
    weight: int


def folded(text: str) -> str:
    """Return text without case, accents and apostrophes; ``&`` becomes ``and``."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return APOSTROPHES.sub("", plain.casefold().translate(LETTERS))


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return WORD.findall(folded(text))


def weight(word: str) -> int:
    """Return how much a word tells: its length, unless many names have it."""
    return 1 if word in LIGHT else len(word)


def letters_of(word: str) -> int:
    """Return the letters of a word as bits, for a quick look at how many two words have in common."""
    bits = 0
    for each in word:
        bits |= 1 << (ord(each) % 61)
    return bits


def resemblance(typed: str, word: str, typed_letters: int, word_letters: int, *, whole: bool) -> int:
    """Return 0 to 999: how well a mistyped word resembles a word, written out or its beginning.

    The letters in common are looked at first, because most words have too few.
    """
    length, full = len(typed), len(word)
    limit = mistakes(max(length, full))
    wrong = (typed_letters & ~word_letters).bit_count()
    if wrong > limit or not limit or length < 2 or not _begin_or_end_alike(typed, word):
        return 0
    missing = (word_letters & ~typed_letters).bit_count()
    could_be_all = abs(length - full) <= limit and missing <= limit
    could_begin = not whole and length >= 4 and full > length and wrong <= mistakes(length)
    if not could_be_all and not could_begin:
        return 0
    distance, of_beginning = distances(typed, word)
    score = 960 - 1000 * distance // max(length, full) if distance <= limit else 0
    if could_begin and of_beginning <= mistakes(length):
        score = max(score, 900 - 1000 * of_beginning // length)
    return max(score, 0)


def _begin_or_end_alike(one: str, other: str) -> bool:
    return one[0] in other[:2] or other[0] in one[:2] or one[-3:] == other[-3:]


def mistakes(length: int) -> int:
    """Return how many mistakes a word of so many letters may have."""
    return 0 if length < 3 else 1 if length < 7 else 2


def distances(typed: str, word: str) -> tuple[int, int]:
    """Return how many mistakes lead from a word to a typed one, and from the best beginning of the word.

    A mistake is a letter too many, missing or wrong, or two neighbours exchanged.
    """
    before: list[int] = []
    row = list(range(len(word) + 1))
    for at, letter in enumerate(typed):
        older, before, row = before, row, [at + 1]
        for place, other in enumerate(word):
            cost = min(before[place] + (letter != other), before[place + 1] + 1, row[place] + 1)
            if at and place and letter == word[place - 1] and other == typed[at - 1]:
                cost = min(cost, older[place - 1] + 1)
            row.append(cost)
    return row[-1], min(row)


def _resemblance_of_letters(typed: str, typed_letters: int, name: Name, *, whole: bool) -> int:
    """Return 0 to 999: how well a query resembles a name when their spaces are left out."""
    squashed = name.squashed
    if typed == squashed:
        return 996
    length, full = len(typed), len(squashed)
    if length >= 3 and squashed.startswith(typed):
        return 1000 * length // full if whole else 975 + 20 * length // full
    if length < 5 or abs(length - full) > 2 or (typed_letters ^ name.letters).bit_count() > 2:
        return 0
    if not _begin_or_end_alike(typed, squashed):
        return 0
    distance, _ = distances(typed, squashed)
    return 990 - 1000 * distance // full if distance <= 2 else 0


def domain_of(text: str) -> str:
    """Return the domain in a web or e-mail address, without ``www``; a text that is none comes back in lower case."""
    bare = text.strip().casefold().partition("://")[2] or text.strip().casefold()
    host = re.split(r"[/?#]", bare[:300], maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return host.removeprefix("www.").strip(".")
