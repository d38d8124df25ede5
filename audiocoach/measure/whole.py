"""One pass over a file with every meter, and what they say together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach import embedded
from audiocoach.embedded import Embedded
from audiocoach.loudness import STEP, gated_loudness, loudness_range, step_energies
from audiocoach.measure import cues as cue_finder
from audiocoach.measure.clicks import Click, ClickMeter
from audiocoach.measure.clipping import Clipped, ClippingMeter
from audiocoach.measure.cues import FoundCue
from audiocoach.measure.levels import HOP_MS, Hops, LevelMeter, Levels, mean_loudness, running
from audiocoach.measure.repetition import STEP_MS, Repetition, RepetitionMeter
from audiocoach.measure.silence import SilenceMeter, Stretch
from audiocoach.measure.stems import StemEnergies
from audiocoach.measure.stream import highest, read
from audiocoach.units import Db, Frames, Ms, frames_to_ms

_MOMENT, _SHORT = 4, 30
"""Steps in the momentary and in the short-term loudness."""


@dataclass(frozen=True, slots=True)
class Loss:
    """By how many LU something is softer, heard in another way."""

    speech: Db
    bed: Db | None
    """``None`` where the bed is nowhere heard by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Everything that was found in one sound."""

    length_ms: Ms
    told: Embedded | None
    """What the file says of itself; without it, what is said of cues is ``None``."""
    integrated: Db
    loudness_range: Db
    loudest_moment: Db
    """LUFS over 400 ms."""
    loudest_short: Db
    """LUFS over 3 s."""
    true_peak: Db
    true_peak_at: Ms
    clicks: tuple[Click, ...]
    silences: tuple[Stretch, ...]
    clipped: tuple[Clipped, ...]
    repetition: Repetition | None
    bed: Db | None
    """LUFS where nothing else is heard; ``None`` where that is unknown or nowhere."""
    phone_loss: Db
    """LU that the whole loses through a phone."""
    mono: Loss | None
    """What is lost where both channels become one."""
    phone: Loss | None
    cues: tuple[FoundCue, ...] | None
    cue_spread: Db | None
    longest_gap: Stretch | None
    exact: bool
    """Whether the bed under each cue was known, not taken for what is around."""
    short_term: NDArray[np.float64]
    """LUFS of each 3 s, every 100 ms."""
    peaks: NDArray[np.float32]
    """The highest sample of each 100 ms, for the eye."""
    levels: Levels


def measure(
    path: Path,
    stems: StemEnergies | None = None,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _of: None,
) -> Measured:
    """Everything about the file at ``path``, in one pass, without ever holding it.

    ``stems`` are the bed and the words of it, where they are known. ``progress`` is told what is
    done, how much of it and of how much, as ``render.Progress``. Raises ``SoundError`` where
    the file cannot be read.
    """
    told = embedded.read(path)
    clipping = ClippingMeter(told.cues if told else ())
    levels, clicks, silence, repetition = (
        LevelMeter(),
        ClickMeter(),
        SilenceMeter(),
        RepetitionMeter(),
    )
    meters = (levels, clicks, silence, repetition, clipping)
    frames: Frames = 0
    peaks: list[NDArray[np.float32]] = []
    for block in read(path):
        for meter in meters:
            meter.push(block)
        frames += len(block)
        peaks.append(_peaks(block))
        now = frames_to_ms(frames)
        progress("measuring", now, max(now, told.length_ms) if told else now + 1)
    found = levels.levels()
    steps = step_energies(found.stereo)
    hops = len(found.stereo)
    cues = cue_finder.find_cues(told, found, stems) if told else None
    alone = _bed_alone(told, hops) if told else None
    short_term = running(steps, _SHORT)
    integrated = gated_loudness(steps)
    return Measured(
        length_ms=frames_to_ms(frames),
        told=told,
        integrated=integrated,
        loudness_range=loudness_range(steps),
        loudest_moment=float(running(steps, _MOMENT).max()),
        loudest_short=float(short_term.max()),
        true_peak=found.true_peak,
        true_peak_at=found.true_peak_at,
        clicks=clicks.clicks(),
        silences=silence.stretches(),
        clipped=clipping.clipped(),
        repetition=repetition.find(_steps(alone) if alone is not None else None),
        bed=mean_loudness(found.stereo[alone]) if alone is not None and alone.any() else None,
        phone_loss=integrated - gated_loudness(step_energies(found.phone)),
        mono=_loss(told, alone, found.stereo, found.mono),
        phone=_loss(told, alone, found.stereo, found.phone),
        cues=cues,
        cue_spread=cue_finder.spread(cues) if cues else None,
        longest_gap=Stretch(*cue_finder.longest_gap(told)) if told else None,
        exact=stems is not None,
        short_term=short_term,
        peaks=np.concatenate(peaks) if peaks else np.zeros(0, np.float32),
        levels=found,
    )


def _peaks(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest sample of each step of 100 ms."""
    padded = np.pad(highest(block), (0, -len(block) % STEP))
    return np.asarray(padded.reshape(-1, STEP).max(axis=1))


def _bed_alone(told: Embedded, hops: int) -> NDArray[np.bool_]:
    """In which hops neither words nor bells are heard."""
    alone = np.ones(hops, bool)
    spans = [(cue.start_ms, cue.end_ms) for cue in told.cues]
    spans += [(sound.start_ms, sound.end_ms) for sound in told.sounds]
    for start, end in spans:
        alone[max(0, start // HOP_MS - 1) : -(-end // HOP_MS) + 3] = False
    return alone


def _steps(hops: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Steps of which every hop is true."""
    per_step = STEP_MS // HOP_MS
    return np.asarray(np.pad(hops, (0, -len(hops) % per_step)).reshape(-1, per_step).all(axis=1))


def _loss(
    told: Embedded | None, alone: NDArray[np.bool_] | None, before: Hops, after: Hops
) -> Loss | None:
    if told is None or alone is None or not told.cues:
        return None
    words = cue_finder.speaking(told.cues, len(before))
    bed = mean_loudness(before[alone]) - mean_loudness(after[alone]) if alone.any() else None
    return Loss(mean_loudness(before[words]) - mean_loudness(after[words]), bed)
