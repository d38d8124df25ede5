"""The sounds that Kokoro was taught, and how words and eSpeak's sounds become them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from audiocoach.voices.neural import as_espeak, espeak_lock, without_ellipses

_ESPEAK = {"en-US": "en-us", "en-GB": "en-gb-x-rp"}
"""What eSpeak calls the languages."""

_ENDS = ".!?"
_BEGINNING = re.compile(r"\s*([.,;:!?]+)")


def sentences(parts: Sequence[tuple[str, str]], language: str) -> list[str]:
    """The sounds of words, sentence by sentence.

    Parts may bring their own, in the International Phonetic Alphabet.
    """
    espeak = _ESPEAK[language]
    found = [""]
    for words, ipa in parts:
        if ipa:
            found[-1] += as_espeak(ipa)
            continue
        rest = without_ellipses(words)
        if begins := _BEGINNING.match(rest):  # eSpeak would lose it
            found[-1] += begins[1]
            rest = rest[begins.end() :]
            if begins[1][-1] in _ENDS:
                found.append("")
        said = _phonemes(rest, espeak)
        space = " " if rest[:1].isspace() and found[-1] else ""
        found[-1] += space + (said[0] if said else "")
        found += said[1:]
        if said and said[-1][-1:] in tuple(_ENDS):
            found.append("")
        elif rest[-1:].isspace() and said:
            found[-1] += " "
    return [learnt(" ".join(sentence.split()), language) for sentence in found if sentence.strip()]


def learnt(sounds: str, language: str) -> str:
    """ESpeak's sounds as Kokoro learnt them."""
    for pattern, written in _LEARNT[language]:
        sounds = pattern.sub(written, sounds)
    return sounds


def _phonemes(words: str, espeak: str) -> list[str]:
    if not words.strip():
        return []
    with espeak_lock:
        return ["".join(said) for said in _phonemizer().phonemize(espeak, words)]


@cache
def _phonemizer() -> Any:
    from piper.phonemize_espeak import EspeakPhonemizer

    return EspeakPhonemizer()


_BOTH = {
    "aɪ": "I",
    "aʊ": "W",
    "eɪ": "A",
    "ɔɪ": "Y",
    "dʒ": "ʤ",
    "tʃ": "ʧ",
    "əl": "ᵊl",
    "(?<=ʔ)ˌ?n\u0329?": "ᵊn",
    "(\\S)\u0329": "ᵊ\\1",
    "ʔ": "t",
    "ɚ": "əɹ",
    "ɐ": "ə",
    "r": "ɹ",
    "[xç]": "k",
    "ɬ": "l",
    "e(?!ə)": "A",
    "[ʲ\u0303]": "",
}
_AMERICAN = {"oʊ": "O", "ɜː?ɹ?": "ɜɹ", "ɪə": "iə", "ɾ": "T", "ː": "", "o": "ɔ"}
_BRITISH = {"[əo]ʊ": "Q", "eə": "ɛː", "iə": "ɪə", "o": "ɔ"}
_LEARNT = {
    language: [(re.compile(pattern), written) for pattern, written in (_BOTH | own).items()]
    for language, own in (("en-US", _AMERICAN), ("en-GB", _BRITISH))
}
"""The sounds of eSpeak, and what Kokoro was taught for them: misaki 0.9, ``espeak.py``, the
table for words that its dictionary lacks."""

_VOCABULARY = (
    (1, ";:,.!?"),
    (9, '—…"()“”'),
    (16, " \u0303ʣʥʦʨᵝ\uab67AI"),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
)
SOUNDS = {sound: first + at for first, row in _VOCABULARY for at, sound in enumerate(row)}
"""The number of each sound: ``config.json`` of Kokoro-82M, ``vocab``."""
