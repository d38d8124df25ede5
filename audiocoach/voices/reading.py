"""Numbers, times, units and abbreviations in the words that a person would read.

Engines differ in what they make of ``5-10 min`` or ``e.g.``; words they all read alike. Only
what is clear is written out, by the tables of its language; everything else, every plain
number too, is left to the engine. A text without digits, signs and full stops never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from audiocoach.voices import numbers, say_as
from audiocoach.voices.numbers import base, cardinal
from audiocoach.voices.reading_tables import TABLES, Tables, Unit

_FREE = r"(?<![\w.,:/\-])"
"""Nothing touches on the left."""
_NUMBER = _FREE + r"\d{1,6}(?:[.,]\d{1,3})?"
_WHOLE = _FREE + r"\d{1,4}"
_END = r"(?![\w/\-]|[.,:]\d)"
"""Nothing touches on the right either, but punctuation."""
_DASH = r"(?:-| ?[–—] ?)"
_SHORTENED = r"(?:\.(?= [a-zß-öø-ÿ]))?(?![\w/])"
"""A full stop that ends no sentence goes with its abbreviation: ``5 min. a day``."""
_CROSS = "\N{MULTIPLICATION SIGN}"
_SIMPLE = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4)}
_COMMON = {(1, 2), (1, 3), (2, 3), (1, 4), (3, 4)}
"""Fractions that are not taken for dates."""
_ENDINGS_EN = {1: "st", 2: "nd", 3: "rd"}


def read(text: str, language: str) -> str:
    """``text`` as a person reads it aloud in ``language``; as it is in one without tables."""
    if base(language) not in TABLES or not _WORTH_A_LOOK.search(text):
        return text
    for pattern, reader in _rules(base(language)):
        text = pattern.sub(reader, text)
    return text


_WORTH_A_LOOK = re.compile(r"[\d½⅓⅔¼¾&.°%~≈/]|\b(?:Dr|Mme|Mlle)\b")

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


@cache
def _rules(kind: str) -> tuple[_Rule, ...]:
    """What is looked for in a language, in the order in which it is."""
    reader = _Reader(kind, TABLES[kind])
    return tuple((re.compile(pattern), rule) for pattern, rule in reader.rules())


def _any(texts: Iterator[str] | dict[str, str] | dict[str, Unit]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class _Reader:
    """The rules of a language; each gives back what it found where it does not know better."""

    kind: str
    tables: Tables

    def rules(self) -> Iterator[tuple[str, Callable[[re.Match[str]], str]]]:
        """Patterns, and what each reads."""
        tables = self.tables
        units = (
            rf"(?: ?(?:(?P<unit>{_any(tables.units)}|%)|"
            rf"(?<= )(?P<spaced>{_any(tables.spaced_units)}))){_SHORTENED}"
        )
        yield r"(?<!\S)[~≈] ?(?=\d)", self.about
        yield rf"(?<![\w.])(?P<short>{_any(tables.abbreviations)})(?!\w)(?P<after>\s*)", self.short
        yield rf"(?<![\w.])(?P<title>{_any(tables.titles)})(?= [^\W\d_a-zß-öø-ÿ])", self.title
        yield rf"{_CLOCK}{'(?: Uhr)?' if self.kind == 'de' else ''}{_END}", self.clock
        if self.kind == "fr":
            yield rf"{_FREE}(?P<hour>[01]?\d|2[0-3]) ?h ?(?P<minute>[0-5]\d){_END}", self.hours
        if tables.halves:
            yield rf"(?<![\w./])(?:1/2|½) (?P<noun>{_any(tables.halves)})(?!\w)", self.half
        signs = "".join(_SIMPLE)
        amount = rf"(?:(?P<sign>[{signs}])|(?<!\d)(?P<above>\d)/(?P<below>\d))"
        yield (
            rf"{_FREE}(?:(?P<whole>\d{{1,3}}) ?)?{amount}{_END}(?P<noun>(?= [^\W\d_]))?",
            self.fraction,
        )
        yield (
            rf"(?P<first>{_NUMBER}){_DASH}(?P<last>\d{{1,6}}(?:[.,]\d{{1,3}})?){units}",
            self.range_of_units,
        )
        yield rf"{_FREE}(?P<first>\d{{1,3}}) ?[–—] ?(?P<last>\d{{1,3}}){_END}", self.range
        yield rf"{_FREE}(?P<first>\d{{1,2}})-(?P<last>\d{{1,2}})(?= [^\W\d_])", self.range
        yield rf"(?P<number>{_NUMBER}){units}", self.unit
        yield rf"(?P<first>{_WHOLE}) ?[x{_CROSS}] ?(?P<last>\d{{1,4}}){_END}", self.product
        yield rf"(?P<number>{_WHOLE}) ?[x{_CROSS}]{_END}", self.times
        if tables.ordinals:
            yield rf"(?P<number>{_WHOLE})(?P<ending>{_any(tables.ordinals)})(?!\w)", self.ordinal
        yield r"(?<= )&(?= )", lambda _: tables.and_word

    def short(self, match: re.Match[str]) -> str:
        short, after = match["short"], match["after"]
        rest = match.string[match.end() :]
        ends = short in self.tables.closing and (not rest or (after and rest[0].isupper()))
        return self.tables.abbreviations[short] + ("." if ends else "") + after

    def title(self, match: re.Match[str]) -> str:
        return self.tables.titles[match["title"]]

    def clock(self, match: re.Match[str]) -> str:
        return say_as.time(match["clock"], "", self.kind)

    def hours(self, match: re.Match[str]) -> str:
        return say_as.time(f"{match['hour']}:{match['minute']}", "", self.kind)

    def half(self, match: re.Match[str]) -> str:
        return self.tables.halves[match["noun"]]

    def fraction(self, match: re.Match[str]) -> str:
        sign, whole = match["sign"], match["whole"]
        parts = _SIMPLE[sign] if sign else (int(match["above"]), int(match["below"]))
        plain = self.kind == "en" or parts != (1, 2) or match["noun"] is None
        said = numbers.fraction(*parts, self.kind) if parts in _COMMON and plain else None
        if said is None:
            return match.group()
        if whole:
            article = {"en": "a half", "es": "medio", "fr": "demi"}.get(self.kind)
            said = article if article and parts == (1, 2) else said
            return f"{cardinal(int(whole), self.kind)} {self.tables.and_word} {said}"
        return said

    def range(self, match: re.Match[str]) -> str:
        if int(match["first"]) >= int(match["last"]):
            return match.group()
        return self._between(match["first"], match["last"]) or match.group()

    def range_of_units(self, match: re.Match[str]) -> str:
        numbers_ = self._between(match["first"], match["last"])
        unit = self._unit(match)
        last = self._count(match["last"], unit)
        if not (numbers_ and last):
            return match.group()
        first = numbers_.partition(f" {self.tables.range_word} ")[0]
        return f"{first} {self.tables.range_word} {last}{_stop(match)}"

    def unit(self, match: re.Match[str]) -> str:
        said = self._count(match["number"], self._unit(match))
        return f"{said}{_stop(match)}" if said else match.group()

    def product(self, match: re.Match[str]) -> str:
        first, last = (cardinal(int(match[name]), self.kind) for name in ("first", "last"))
        return f"{first} {self.tables.times_between} {last}"

    def times(self, match: re.Match[str]) -> str:
        number = int(match["number"])
        if number == 1:
            return {"en": "once", "de": "einmal", "es": "una vez", "fr": "une fois"}[self.kind]
        return self.tables.times.format(cardinal(number, self.kind))

    def ordinal(self, match: re.Match[str]) -> str:
        number, ending = int(match["number"]), match["ending"]
        if self.kind == "en":
            teens = number % 100 in (11, 12, 13)
            if ending != ("th" if teens else _ENDINGS_EN.get(number % 10, "th")):
                return match.group()
        elif self.kind == "fr" and (number == 1) != (ending in ("er", "re", "ère")):
            return match.group()
        said = numbers.ordinal(number, self.kind, self.tables.ordinals[ending])
        return said or match.group()

    def about(self, match: re.Match[str]) -> str:
        del match
        return f"{self.tables.about} "

    def _between(self, first: str, last: str) -> str | None:
        said = [numbers.decimal(text, self.kind) for text in (first, last)]
        return f" {self.tables.range_word} ".join(map(str, said)) if all(said) else None

    def _unit(self, match: re.Match[str]) -> Unit:
        sign = match["unit"] or match["spaced"]
        if sign == "%":
            one = {"en": "one", "de": "ein", "es": "uno", "fr": "un"}[self.kind]
            return Unit(f"{one} {self.tables.percent}", self.tables.percent)
        return self.tables.units.get(sign) or self.tables.spaced_units[sign]

    def _count(self, number: str, unit: Unit) -> str | None:
        """``1`` -> ``eine Minute``, ``21`` -> ``veintiún minutos``."""
        if number == "1":
            return unit.one
        said = numbers.decimal(number, self.kind)
        if said is None:
            return None
        if self.kind in ("es", "fr") and said.endswith(("uno", "un")):
            said = _agreeing(said, self.kind, feminine=unit.feminine)
        singular = self.kind == "fr" and number[0] in "01" and number[1:2] in ",."
        return f"{said} {unit.one.partition(' ')[2] if singular else unit.many}"


_CLOCK = (
    r"(?<![\w.,:/\-])(?P<clock>(?:[01]?\d|2[0-3]):[0-5]\d(?: ?(?:[ap]\.m\.|[ap]m|[AP]M)(?!\w))?)"
)


def _stop(match: re.Match[str]) -> str:
    """The full stop of an abbreviation that is also the end of the text."""
    return "." if match.group().endswith(".") and match.end() == len(match.string) else ""


def _agreeing(said: str, kind: str, *, feminine: bool) -> str:
    """A number that ends in one, before a noun."""
    if kind == "fr":
        return said + "e" * feminine
    if feminine:
        return said[:-1] + "a"
    return said[:-3] + "ún" if said.endswith("veintiuno") else said.removesuffix("o")
