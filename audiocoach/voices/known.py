"""Well-known voices that can be added: what ``audiocoach voices`` shows without a network.

The repository of Piper has many more, and ``voices add`` takes all of them: it reads the
repository's own list. Piper's keys, sizes and rates are those of that list; Kokoro's
checksums are those of the files that the measurements in ``docs/voices.md`` were made with.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.voices import VoiceInfo, language
from audiocoach.voices.store import short_name

_PIPER_RATES = {"high": 22_050, "medium": 22_050, "low": 16_000, "x_low": 16_000}
"""Samples in a second by quality, as ``TRAINING.md`` of Piper has them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A voice that can be added."""

    info: VoiceInfo
    key: str
    """What its repository calls it."""
    megabytes: int
    """What is fetched, about."""


_PIPER = {
    "en_US-amy-medium": 63,
    "en_US-kristin-medium": 63,
    "en_US-ljspeech-medium": 63,
    "en_US-ryan-medium": 63,
    "en_GB-alan-medium": 63,
    "en_GB-alba-medium": 63,
    "en_GB-cori-medium": 63,
    "de_DE-kerstin-low": 63,
    "de_DE-thorsten-medium": 63,
    "es_ES-davefx-medium": 63,
    "es_MX-ald-medium": 63,
    "fr_FR-siwis-medium": 63,
    "fr_FR-tom-medium": 63,
}
"""For the languages that audiocoach itself speaks (announcements, numbers)."""

KOKORO_RATE = 24_000
KOKORO_MODEL_SIZE = 92_361_271
KOKORO_MODEL_DIGEST = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""SHA-256."""

KOKORO_VOICE_SIZE = 522_240
"""510 styles of 256 numbers, one for each count of sounds."""

KOKORO_VOICES = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_nicole": "cd2191ab31b914ed7b318416b0e4440fdf392ddad9106a060819aa600a64f59a",
    "am_fenrir": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
}
"""The SHA-256 of each voice's file. Kokoro has voices for other languages too; only the
English ones could be heard by a recogniser here."""

_KOKORO_LANGUAGES = {"a": "en-US", "b": "en-GB"}


def kokoro_info(name: str) -> VoiceInfo:
    """What the Kokoro voice ``name`` is: its first letter tells its language."""
    spoken = _KOKORO_LANGUAGES.get(name[:1], "en-US")
    who = {"f": "a woman", "m": "a man"}.get(name[1:2], "a voice")
    return VoiceInfo(name, "kokoro", spoken, f"studio, {who}", KOKORO_RATE)


def known() -> list[Known]:
    """Every well-known voice, whether it is here or not; nothing is fetched."""
    found = [_piper(key, megabytes) for key, megabytes in _PIPER.items()]
    size = (KOKORO_MODEL_SIZE + KOKORO_VOICE_SIZE) // 1_000_000
    found += [Known(kokoro_info(name), name, size) for name in KOKORO_VOICES]
    return found


def _piper(key: str, megabytes: int) -> Known:
    code, _, rest = key.partition("-")
    quality = rest.partition("-")[2]
    rate = _PIPER_RATES[quality]
    spoken = language.tag(code)
    info = VoiceInfo(short_name(key, ()), "piper", spoken, f"neural, {quality}", rate)
    return Known(info, key, megabytes)
