"""How much of what was said was heard: word error rate, with and without homophones.

The rate is (substitutions + deletions + insertions) / words said, over an alignment with the
fewest of them. Two figures: *as spelt* compares words as they are written; *as heard* counts
what has the same sounds as the same, because no ear can tell "bares" from "bears" or "off
broken" from "offbroken": up to three words against up to three words.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from audiocoach.voices import numbers

Sounds = Callable[[str], str]
"""The phonemes of a word."""

_LANGUAGE = "en"
_MOST_WORDS = 3
"""That are compared at once by their sounds."""
_APOSTROPHES = str.maketrans(
    {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{MODIFIER LETTER APOSTROPHE}": "'"}
)
_WORD = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+(?:'[^\W\d_]+)*")
_ENDINGS = ("st", "nd", "rd", "th")
_MERGED = (("oːɹ", "ɔːɹ"), ("ᵻ", "ɪ"))
"""Sounds that are one in General American: *four* and *for* (J. C. Wells, Accents of English,
1982, section 3.1.5), and a sign of eSpeak NG's own for an unstressed *i*."""
_UNHEARD = str.maketrans("", "", "ˈˌ ")


@dataclass(slots=True)
class Score:
    """What was heard of some words; scores add up."""

    words: int = 0
    spelt: int = 0
    """Mistakes, as spelt."""
    heard: int = 0
    """Mistakes, as heard: never more."""
    misheard: list[tuple[str, str]] = field(default_factory=list)
    """Each mistake, as heard: what was said and what was heard; one of both may be empty."""

    def __add__(self, other: Score) -> Score:
        return Score(
            self.words + other.words,
            self.spelt + other.spelt,
            self.heard + other.heard,
            self.misheard + other.misheard,
        )

    @property
    def spelt_rate(self) -> float:
        """Of the words said; 0 where nothing was."""
        return self.spelt / self.words if self.words else 0.0

    @property
    def heard_rate(self) -> float:
        """Of the words said; 0 where nothing was."""
        return self.heard / self.words if self.words else 0.0


def words(text: str) -> list[str]:
    """The words of a text: lower case, numbers written out, nothing of punctuation.

    A hyphen parts two words; an apostrophe within a word belongs to it.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    found: list[str] = []
    for word in _WORD.findall(plain):
        found += _written_out(word).replace("-", " ").split() if word[0].isdigit() else [word]
    return found


def _written_out(number: str) -> str:
    ordinal = number.endswith(_ENDINGS)
    digits = number[:-2] if ordinal else number
    said = numbers.cardinal(int(digits), _LANGUAGE) if len(digits) <= 9 else None
    if said is None:
        return number
    return (numbers.ordinal(int(digits), _LANGUAGE) or number) if ordinal else said


def score(said: str, heard: str, sounds: Sounds) -> Score:
    """What was heard of ``said``."""
    ours, theirs = words(said), words(heard)
    spelt = _mistakes(ours, theirs, None)
    audible = _mistakes(ours, theirs, sounds)
    return Score(len(ours), len(spelt), len(audible), audible)


def total(scores: Iterable[Score]) -> Score:
    """All of them together."""
    return sum(scores, Score())


def _mistakes(
    ours: Sequence[str], theirs: Sequence[str], sounds: Sounds | None
) -> list[tuple[str, str]]:
    """The fewest mistakes that make ``theirs`` of ``ours``, in order."""
    mine = [sounds(word) if sounds else word for word in ours]
    other = [sounds(word) if sounds else word for word in theirs]
    several = range(1, _MOST_WORDS + 1) if sounds else (1,)
    costs = {(0, 0): 0}
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    for at, to in itertools.product(range(len(mine) + 1), range(len(other) + 1)):
        ways = [((1, 1), 1), ((1, 0), 1), ((0, 1), 1)]
        ways += [
            ((taken, given), 0)
            for taken, given in itertools.product(several, several)
            if taken <= at and given <= to
            if "".join(mine[at - taken : at]) == "".join(other[to - given : to])
        ]
        known = [
            (costs[at - taken, to - given] + more, (taken, given))
            for (taken, given), more in ways
            if taken <= at and given <= to
        ]
        if known:
            costs[at, to], steps[at, to] = min(known)
    found = []
    at, to = len(mine), len(other)
    while (at, to) != (0, 0):
        taken, given = steps[at, to]
        if costs[at, to] > costs[at - taken, to - given]:
            found.append((" ".join(ours[at - taken : at]), " ".join(theirs[to - given : to])))
        at, to = at - taken, to - given
    return found[::-1]


@cache
def phonemes(word: str) -> str:
    """The sounds of a word by itself in General American, after eSpeak NG; stress left out."""
    from piper.phonemize_espeak import EspeakPhonemizer

    sentences = EspeakPhonemizer().phonemize("en-us", word)
    found = "".join(sound for sentence in sentences for sound in sentence).translate(_UNHEARD)
    for sound, same in _MERGED:
        found = found.replace(sound, same)
    return found
