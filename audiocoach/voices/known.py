"""Well-known voices that can be added: what ``audiocoach voices`` shows without a network.

The repository of Piper has many more, and ``voices add`` takes all of them: it reads the
repository's own list.
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


def known() -> list[Known]:
    """Every well-known voice, whether it is here or not; nothing is fetched."""
    return [_piper(key, megabytes) for key, megabytes in _PIPER.items()]


def _piper(key: str, megabytes: int) -> Known:
    code, _, rest = key.partition("-")
    quality = rest.partition("-")[2]
    rate = _PIPER_RATES[quality]
    spoken = language.tag(code)
    info = VoiceInfo(short_name(key, ()), "piper", spoken, f"neural, {quality}", rate)
    return Known(info, key, megabytes)
