from __future__ import annotations

import numpy as np
from test_listen_activity import room, utterances, word

from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.ear import Ear
from audiocoach.listen.recogniser import RATE, Evidence, Mono
from audiocoach.listen.words import PHRASES
from audiocoach.live import Command


class Waking:
    """A recogniser for which the first sound is the wake word; it keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Mono] = []

    def evidence(self, sound: Mono) -> Evidence:
        self.heard.append(sound)
        wake = 9.0 if len(self.heard) == 1 else -9.0
        return Evidence(wake, np.full(len(PHRASES), -9.0))


def test_a_word_too_faint_to_be_found_is_heard_after_the_wake_word() -> None:
    sound = room(8)
    loud, faint = slice(3 * RATE, 3 * RATE + 6_400), slice(3 * RATE + 12_800, 3 * RATE + 16_000)
    sound[loud] += word(0.4)
    sound[faint] += word(0.2, 1.2e-3)
    assert len(utterances(sound)) == 1
    recogniser = Waking()
    ear = Ear(recogniser)
    said = []
    for at in range(0, len(sound) - BLOCK + 1, BLOCK):
        said += ear.push(np.zeros(BLOCK), sound[at : at + BLOCK])
        if len(recogniser.heard) == 2:
            break
    assert [one.command for one in said] == [Command.ATTEND]
    first, second = recogniser.heard
    assert faint.stop < at + BLOCK < faint.stop + 0.6 * RATE
    assert np.allclose(second, sound[at + BLOCK - len(second) : at + BLOCK], atol=1e-6)
    assert len(second) > at + BLOCK - loud.start  # the wake word with it
    assert len(first) < len(second)
