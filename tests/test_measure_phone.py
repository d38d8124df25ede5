"""The phone's loudspeaker: its band, its clipping, and nothing that depends on blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from waves import hiss, level, tone

from audiocoach.measure.phone import Phone, response_db, through_phone
from audiocoach.units import RATE

# 3GPP TS 26.131, table 14: the least and the most gain at each frequency.
MASK = {
    315: (-np.inf, 6),
    630: (-12, 6),
    800: (-6, 6),
    1_000: (-6, 6),
    2_000: (-6, 6),
    4_000: (-6, 6),
    6_300: (-12, 6),
    8_000: (-np.inf, 6),
}


def heard_db(hertz: float, peak: float = 0.01) -> float:
    """The gain of the phone for a tone of both channels."""
    sound = tone(1.0, 2, hertz=hertz) * np.float32(peak / 0.25)
    return level(through_phone(sound)[RATE // 4 :]) - level(sound)


@pytest.mark.parametrize(("hertz", "bounds"), MASK.items())
def test_the_band_is_that_of_a_phone(hertz: int, bounds: tuple[float, float]) -> None:
    least, most = bounds
    gain = heard_db(hertz)
    assert least <= gain <= most
    assert gain == pytest.approx(float(response_db(np.array([float(hertz)]))[0]), abs=0.05)


def test_what_a_phone_does_not_give_is_gone() -> None:
    assert heard_db(400) < -15
    assert heard_db(200) < -35
    assert heard_db(100) < -55
    assert heard_db(14_000) < -10
    assert heard_db(2_000) == pytest.approx(0, abs=0.05)
    assert heard_db(1_000) > heard_db(2_000) + 1  # the resonance


def test_loud_sound_is_clipped_softly() -> None:
    sound = tone(1.0, 2)  # 1 kHz at -12 dBFS
    assert heard_db(1_000, 0.9) < heard_db(1_000) - 1
    spectrum = np.abs(np.fft.rfft(through_phone(sound * 2)[RATE // 2 :]))
    assert 0.01 < spectrum[1_500] / spectrum[500] < 0.03
    assert np.abs(through_phone(np.sign(sound))).max() < 1.6


def test_what_differs_between_the_channels_is_lost() -> None:
    wide = np.stack([tone(1.0)[:, 0], -tone(1.0)[:, 0]], axis=1)
    assert level(through_phone(wide)) < -100


@given(st.lists(st.integers(0, 9_000), max_size=8))
def test_blocks_of_any_size_give_the_same(sizes: list[int]) -> None:
    sound = hiss(0.5)
    phone, parts, at = Phone(), [], 0
    for size in [*sizes, len(sound)]:
        parts.append(phone.push(sound[at : at + size]))
        at += size
    np.testing.assert_allclose(np.concatenate(parts), through_phone(sound), atol=1e-6)


def test_nothing_gives_nothing() -> None:
    assert through_phone(np.zeros((0, 2), np.float32)).shape == (0,)
