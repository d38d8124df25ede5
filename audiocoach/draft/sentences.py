"""Reads English sentences: which tell to do something, which warn, and how long it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audiocoach.draft.english import (
    ADVERBS,
    AFTER_VERB,
    BEFORE_NOUN,
    FINITE,
    LEADS,
    NOT_ASKED,
    NOUNS,
    NUMBERS,
    VERBS,
    Kind,
)
from audiocoach.routine import Hold, Place
from audiocoach.units import HOUR, MINUTE, SECOND, Ms

_HERE = Place("", 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence asks for that is to be spoken."""

    hold: Hold | None
    rest: int
    """Seconds of a break, where there is no hold; 0: none."""


_ASKED = re.compile(
    r"\b(?:you (?:can|could|should|must|may|might|need to|have to|want to|will need to|ought to)"
    r"(?: also| now| then| simply| always| even)?|time to|be sure to|remember to|don't forget to"
    r"|try to|best to|make sure|better to|important to)(?: (?:gently|slowly|carefully))? (\w+)",
    re.IGNORECASE,
)

_CAUTION = re.compile(
    r"\b(?:don't|do not|never|avoid|caution|careful|carefully not|warning|beware|must not"
    r"|mustn't|should not|shouldn't|cannot be|do no harm|stop (?:if|when|at once)|if it hurts"
    r"|allerg\w*|sensitive|pregnan\w*|injur\w*|painful|doctor|physician|contraindicat\w*"
    r"|at your own risk|danger\w*|unsafe|leave it alone|consult)\b",
    re.IGNORECASE,
)
_WARNS = re.compile(r"(?:please )?(?:don't|do not|never|avoid)\b", re.IGNORECASE)
_SURE = re.compile(r"(?:please )?make sure\b", re.IGNORECASE)
_MOVES = re.compile(r"\bmov(?:e|ing)\b", re.IGNORECASE)
_LABOUR = re.compile(
    r"\b(?:strok\w+|circl\w+|movements?|motions?|massag\w+|knead\w*|rub\w*|press\w*|squeez\w+"
    r"|glid\w+|stretch\w*|muscles?|pressure)\b",
    re.IGNORECASE,
)
_HAND = re.compile(r"\b(?:hands?|fingers?|fingertips?|thumbs?|palms?|knuckles?)\b", re.IGNORECASE)

_STATED = re.compile(
    r"\b(?:for|about|around|least|most|another) (?:a )?(?:about |around |at least |up to )?"
    r"(?P<number>\d{1,4}(?:\.\d{1,2})?|[a-z]+)(?: of| an?)?(?:(?: to |-|\u2013| or )\w+)?"
    r"(?: full)?[ -]"
    r"(?P<unit>second|minute|hour|breath)s?\b",
    re.IGNORECASE,
)
"""A time that the sentence itself gives."""
_UNITS: Mapping[str, Ms] = {
    "second": SECOND,
    "minute": MINUTE,
    "hour": HOUR,
    "breath": 6 * SECOND,
}
_LONGEST: Ms = HOUR

_END = re.compile(r"""[.!?\u2026]+["'\u201d\u2019)\]]*\s+(?=["'\u201c\u2018(\[]?[^\W_a-z])""")
_SHORT_FORMS = re.compile(
    r"\b(?:e\.g|i\.e|etc|approx|dr|mr|mrs|ms|st|vs|no|fig|min|sec|ca|cf|incl|\w)\.$", re.IGNORECASE
)


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph, each with the mark that ends it; together all of its words."""
    start = 0
    for match in _END.finditer(text):
        sentence = text[start : match.end()].rstrip()
        if _SHORT_FORMS.search(sentence[-12:]):
            continue
        if sentence:
            yield sentence
        start = match.end()
    if text[start:].strip():
        yield text[start:].strip()


def read_sentence(sentence: str) -> Reading | None:
    """What a sentence asks for; ``None`` where it is there to be read only."""
    plain = sentence.replace("\u2019", "'")
    verb = None if _WARNS.match(plain) else _asked_verb(plain)
    if verb is None:
        return Reading(None, 3) if _CAUTION.search(plain) else None
    stated = _stated_time(plain)
    return (
        Reading(Hold(stated, until_done=False, place=_HERE), 0)
        if stated
        else _time_for(verb, plain)
    )


def _asked_verb(sentence: str) -> str | None:
    """The verb of a sentence that tells to do something."""
    words: list[str] = [word.lower() for word in re.findall(r"[\w']+(?:-\w+)*", sentence)]
    while words and (words[0] in ADVERBS or words[0].isdigit()):
        words.pop(0)
    if not words:
        return None
    first = words[0]
    if first in VERBS:
        statement = first in NOUNS and FINITE & set(words[1:4])
        return None if statement else first
    for match in _ASKED.finditer(sentence):
        asked = str(match[1]).lower()
        if asked in VERBS and asked not in NOT_ASKED:
            return asked
    if first in LEADS:
        for before, word, after in zip(words[1:], words[2:], [*words[3:], ""], strict=False):
            tells = word in VERBS and before not in BEFORE_NOUN and word not in NOT_ASKED
            if tells and (word not in NOUNS or after in AFTER_VERB):
                return word
    return None


def _stated_time(sentence: str) -> Ms | None:
    match = _STATED.search(sentence)
    if match is None:
        return None
    number = match["number"].lower()
    count = float(number) if number[0].isdigit() else NUMBERS.get(number, 0)
    length = round(count * _UNITS[match["unit"].lower()])
    return min(length, _LONGEST) if length >= SECOND else None


def _time_for(verb: str, sentence: str) -> Reading:
    kind = VERBS[verb]
    if kind in (Kind.OPEN, Kind.MOVE) and _MOVES.search(sentence) and _HAND.search(sentence):
        return Reading(Hold(30 * SECOND, until_done=False, place=_HERE), 0)
    if _SURE.match(sentence):
        kind = Kind.READY
    elif kind is Kind.OPEN:
        kind = Kind.WORK if _LABOUR.search(sentence) else Kind.MOVE
    match kind:
        case Kind.WORK:
            return Reading(Hold(45 * SECOND, until_done=False, place=_HERE), 0)
        case Kind.READY:
            return Reading(Hold(15 * SECOND, until_done=True, place=_HERE), 0)
        case Kind.BREATH:
            return Reading(None, 5)
        case _:
            return Reading(None, 8)
