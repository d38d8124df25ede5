"""What is asked of a voice for some words becomes phrases, each said in one go.

What the words are (a date, a telephone number) is written out before any engine sees it;
how they are said is left to the engine. Neighbours that are said alike stay one phrase, so
that a sentence is cut only where its manner changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from audiocoach.routine import Span
from audiocoach.units import Db, Ms
from audiocoach.voices import Manner, Phrase, Voice
from audiocoach.voices.say_as import READINGS

_RATES = {"x-slow": 0.7, "slow": 0.85, "fast": 1.2, "x-fast": 1.4}
_PITCHES = {"x-low": -2, "low": -1, "high": 1, "x-high": 2}
_VOLUMES: dict[str, Db] = {"x-soft": -8.0, "soft": -4.0, "loud": 3.0, "x-loud": 5.0}
"""Steps that are heard; the softest is still above the sound behind it."""
_EMPHASIS: dict[str, tuple[float, int, Db]] = {
    "strong": (0.88, 1, 2.0),
    "moderate": (0.94, 0, 1.0),
    "reduced": (1.06, 0, -2.0),
}
"""Times the rate, steps of pitch, gain: a stressed word is longer, higher and louder."""

_COMMA_GAP: Ms = 180
_WORD_GAP: Ms = 40
_SENTENCE_ENDS = ".!?…:;"
_CLOSING = "\"')\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}»"
_CLAUSE_ENDS = ",–—"


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase of a cue: who speaks it, how loud, and after which silence."""

    voice: Voice
    phrase: Phrase
    gain: Db
    """Against the voice's own level."""
    gap: Ms
    """Silence before it; 0 for the first."""


def asked_manner(span: Span) -> tuple[Manner, Db]:
    """How the words are said, and how loud."""
    rate, pitch, gain = _EMPHASIS.get(span.get("emphasis") or "", (1.0, 0, 0.0))
    rate *= _RATES.get(span.get("rate") or "", 1.0)
    pitch += _PITCHES.get(span.get("pitch") or "", 0)
    gain += _VOLUMES.get(span.get("volume") or "", 0.0)
    return Manner(rate, max(-2, min(2, pitch))), gain


def written_out(span: Span, language: str, read: Callable[[str, str], str]) -> str:
    """The words of a span as words of ``language``; ``read`` is what does so for plain ones."""
    for name, value in span.asked:
        if name == "sub":
            return _within(span.words, read(value, language))
        if name in READINGS:
            return _within(span.words, READINGS[name](span.words.strip(), value, language))
    return read(span.words, language)


def parts(
    spans: Sequence[Span],
    voice_for: Callable[[Span], Voice],
    language: str,
    read: Callable[[str, str], str],
) -> list[Part]:
    """The phrases of a cue, in order; ``language`` is that of the routine."""
    found: list[Part] = []
    for span in spans:
        voice = voice_for(span)
        manner, gain = asked_manner(span)
        text = written_out(span, span.get("lang") or language, read)
        phrase = able(voice, Phrase(((text, span.get("ipa") or ""),), manner))
        found.append(Part(voice, phrase, gain, 0))
    return list(_with_gaps(_merged(found)))


def able(voice: Voice, phrase: Phrase) -> Phrase:
    """What of a phrase the voice can do: the rest is said as usual."""
    lacks = voice.lacks(phrase)
    if "ipa" in lacks:
        phrase = replace(phrase, parts=tuple((words, "") for words, _ in phrase.parts))
    if "pitch" in lacks:
        phrase = replace(phrase, manner=replace(phrase.manner, pitch=0))
    return phrase


def _within(words: str, text: str) -> str:
    """``text`` with the spaces around ``words``."""
    return (" " if words[:1].isspace() else "") + text + (" " if words[-1:].isspace() else "")


def _merged(found: Sequence[Part]) -> list[Part]:
    """Neighbours that are said alike in one; punctuation goes with the words before it."""
    merged: list[Part] = []
    for part in found:
        words, ipa = part.phrase.parts[0]
        if merged and not ipa:
            at = next((at for at, char in enumerate(words) if char.isalnum()), len(words))
            at = at if at == len(words) else _opening(words, at)
            if words[:at].strip():
                merged[-1] = _appended(merged[-1], words[:at], "")
                words = words[at:]
        if not (words.strip() or ipa):
            if merged and words:
                merged[-1] = _appended(merged[-1], words, "")
            continue
        last = merged[-1] if merged else None
        alike = last and (last.voice, last.gain, last.phrase.manner) == (
            part.voice,
            part.gain,
            part.phrase.manner,
        )
        if last and (alike or not any(char.isalnum() for char in last.phrase.text)):
            begun = part if not alike else last
            both = (*last.phrase.parts, (words, ipa))
            merged[-1] = replace(begun, phrase=Phrase(_joined(both), begun.phrase.manner))
        else:
            merged.append(replace(part, phrase=replace(part.phrase, parts=((words, ipa),))))
    return merged


def _opening(words: str, at: int) -> int:
    """Where the word at ``at`` begins with what belongs to it: quotes, brackets, a sign."""
    while at and not words[at - 1].isspace() and words[at - 1] not in _SENTENCE_ENDS + _CLAUSE_ENDS:
        at -= 1
    return at


def _appended(part: Part, words: str, ipa: str) -> Part:
    both = _joined((*part.phrase.parts, (words, ipa)))
    return replace(part, phrase=replace(part.phrase, parts=both))


def _joined(pieces: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Plain words that touch each other as one."""
    joined: list[tuple[str, str]] = []
    for words, ipa in pieces:
        if joined and not ipa and not joined[-1][1]:
            joined[-1] = (joined[-1][0] + words, "")
        else:
            joined.append((words, ipa))
    return tuple(joined)


def _with_gaps(found: Sequence[Part]) -> Iterator[Part]:
    """A phrase in the middle of a clause ends in a comma: its voice does not fall there."""
    before: Part | None = None
    for number, part in enumerate(found):
        gap = _gap(before) if before else 0
        text = part.phrase.text.rstrip()
        if number + 1 < len(found) and text[-1:].isalnum():
            yield replace(_appended(_stripped(part), ",", ""), gap=gap)
        else:
            yield replace(part, gap=gap)
        before = part


def _stripped(part: Part) -> Part:
    """Without space at the end."""
    *before, (words, ipa) = part.phrase.parts
    return replace(part, phrase=replace(part.phrase, parts=(*before, (words.rstrip(), ipa))))


def _gap(part: Part) -> Ms:
    end = part.phrase.text.rstrip().rstrip(_CLOSING)[-1:]
    if end in _SENTENCE_ENDS:
        return part.voice.rest
    return _COMMA_GAP if end in _CLAUSE_ENDS else _WORD_GAP
