"""What every neural voice does with its sentences: cut, trimmed, and joined with rests.

An engine speaks a sentence at a time, with up to 0.7 s of silence around it. That is
trimmed, so that the pace and the sentences alone say how long the rests are.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from audiocoach.errors import SpeechError
from audiocoach.units import Ms
from audiocoach.voices import Speech, VoiceInfo
from audiocoach.voices.sentences import joined, trimmed
from audiocoach.voices.spoken import defect, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

espeak_lock = threading.Lock()
"""The eSpeak that Piper brings is one for the whole process, with one current language."""

_SOUNDS = ("Ll", "Lu", "Lo", "Nd")
"""Unicode categories of phonemes; stress, length and punctuation have others."""

_MOST_LACKING = 0.1

_LOUDEST_PEAK = 0.98


def speech_of(
    speak: Callable[[], NDArray[np.float32]],
    words: str,
    rate: int,
    info: VoiceInfo,
    engine: str,
) -> Speech:
    """What ``speak`` gives as the speech of ``words``, whole, one channel.

    Whatever goes wrong becomes a ``SpeechError`` that names the words, the voice and
    ``engine``.
    """
    import numpy as np

    failed = f'the cue {quote(words)} could not be spoken by the voice "{info.name}"'
    try:
        samples = speak()
    except Exception as error:  # the engines and onnxruntime raise what they like
        raise SpeechError(f"{failed} ({engine}): {error or repr(error)}") from error
    if problem := defect(samples, rate, words):
        raise SpeechError(
            f"{failed} ({engine}): {problem}; write it in words of the language {info.language}"
        )
    samples *= min(1.0, _LOUDEST_PEAK / float(np.abs(samples).max()))
    return Speech(samples, rate)


def in_one(
    sentences: Iterable[Iterable[NDArray[np.float32]]], rate: int, rest: Ms
) -> NDArray[np.float32]:
    """The sentences, each of pieces as the engine gives them, with rests between them."""
    import numpy as np

    said = [
        np.concatenate(
            [trimmed(np.asarray(piece, np.float32).reshape(-1), rate) for piece in pieces]
        )
        for pieces in sentences
    ]
    return joined(said, rate, rest)


def split(sentence: Sequence[str], longest: int) -> Iterator[list[str]]:
    """``sentence``, phonemes, in pieces that fit, cut after a clause, else after a word."""
    rest = list(sentence)
    while len(rest) > longest:
        window = rest[:longest]
        spaces = [at for at in range(1, len(window)) if window[at] == " "]
        clauses = [at for at in spaces if window[at - 1] in ",;:" and at > longest // 4]
        cut = (clauses or spaces or [longest - 1])[-1] + 1
        yield rest[:cut]
        rest = rest[cut:]
    if rest:
        yield rest


def sayable(sentence: Sequence[str], known: Collection[str]) -> bool:
    """Whether ``sentence`` is more than punctuation.

    Engines leave out every phoneme that the voice does not have; raises ``ValueError``
    where so many are missing that words would be lost.
    """
    sounds = [sound for sound in sentence if unicodedata.category(sound[0]) in _SOUNDS]
    lacking = [sound for sound in sounds if sound not in known]
    if len(lacking) > len(sounds) * _MOST_LACKING:
        raise ValueError("the voice has no sound for " + " ".join(sorted(set(lacking))))
    return bool(sounds)


def without_ellipses(text: str) -> str:
    """``text`` with a dash or a full stop for every ellipsis.

    eSpeak ends a clause there, and Piper joins the words around it into one.
    """
    return re.sub(r"[.…\s]*(?:…|\.\.)[.…\s]*", _pause, text)


def _pause(ellipsis: re.Match[str]) -> str:
    after = ellipsis.string[ellipsis.end() :][:1]
    if not ellipsis.start() or after in set(",;:!?)"):
        return ""
    if not after:
        return "."
    return " — " if after.islower() or after == "[" else ". "


_STRESS = re.compile(r"([ˈˌ])([^aeiouyæɑɒɐəɛɜɪʊʌɔøœɨʉɚɝᵻˈˌ ]*)(?=[aeiouyæɑɒɐəɛɜɪʊʌɔøœɨʉɚɝᵻ])")


def as_espeak(ipa: str) -> str:
    """``ipa`` as eSpeak writes it, which the voices learnt: stress right before the vowel."""
    text = unicodedata.normalize("NFD", ipa).translate(_IPA)
    return _STRESS.sub(r"\2\1", " ".join(text.split()))


_IPA = str.maketrans({"'": "ˈ", ",": "ˌ", ":": "ː", "g": "ɡ", ".": None, "͡": None, "͜": None}) | (
    str.maketrans("", "", "[]/‿")
)
"""Signs of the alphabet that eSpeak writes in another way, or not."""
