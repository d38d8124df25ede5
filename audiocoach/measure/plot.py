"""A picture of what was measured, as SVG: waveform, loudness, cues and bed over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import STEP, step_energies
from audiocoach.measure.bounds import Bounds
from audiocoach.measure.cues import State, ringing, speaking
from audiocoach.measure.levels import running
from audiocoach.measure.whole import Measured
from audiocoach.units import HOUR, MINUTE, RATE, SECOND, Db, Ms, clock

_STEP_MS: Ms = STEP * 1000 // RATE
_NARROW, _WIDE = 1_200, 3_600
"""Pixels that the time takes."""
_PER_S = 2.0
_LEFT, _RIGHT = 64, 32
_HEAD, _TITLES, _WAVE, _FAULTS, _LOUD = 96, 24, 130, 22, 250
"""Heights of the parts, from above."""
_TOP_DB, _LOW_DB = -5.0, -55.0
_GRID_DB = (-10, -20, -30, -40, -50)
_TICKS: tuple[Ms, ...] = (
    *(seconds * SECOND for seconds in (5, 10, 15, 30)),
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 30)),
    *(hours * HOUR for hours in (1, 2, 6)),
)
_TICK_ROOM = 80
_MOMENT, _SHORT = 4, 30

_INK, _FAINT, _LINE, _PAPER = "#26302f", "#6d7a78", "#e3e7e6", "#ffffff"
_WORDS, _SHADE, _SEA, _BELL, _FAULT, _AIM = (
    "#2f6f73",
    "#d5e8e6",
    "#4f86a8",
    "#c8962e",
    "#b3261e",
    "#8fae7e",
)
_FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"


def draw(found: Measured, bounds: Bounds, faults: Sequence[tuple[Ms, str]]) -> str:
    """The picture as a whole SVG document; ``faults`` are marked where they are."""
    return "\n".join(_Drawing(found, bounds).svg(faults))


class _Drawing:
    def __init__(self, found: Measured, bounds: Bounds) -> None:
        self._found = found
        self._bounds = bounds
        self._width = round(min(_WIDE, max(_NARROW, found.length_ms / SECOND * _PER_S)))
        self._wave = _HEAD + _TITLES
        self._faults = self._wave + _WAVE
        self._loud = self._faults + _FAULTS
        self._end = self._loud + _LOUD

    def svg(self, faults: Sequence[tuple[Ms, str]]) -> Iterator[str]:
        """Line by line."""
        width, height = _LEFT + self._width + _RIGHT, self._end + 48
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{_FONT}">'
        )
        yield f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>'
        yield from self._head()
        yield from self._grid()
        yield from self._timeline()
        yield from self._waveform()
        yield from self._loudness()
        for at, what in faults:
            x = self._x(at)
            yield (
                f'<path d="M{x:.1f} {self._wave}V{self._end}" stroke="{_FAULT}" '
                'stroke-opacity="0.35"/>'
                f'<circle cx="{x:.1f}" cy="{self._faults + _FAULTS / 2}" r="5" fill="{_FAULT}">'
                f"<title>{escape(f'{clock(at)}  {what}')}</title></circle>"
            )
        yield "</svg>"

    def _x(self, time: float) -> float:
        return _LEFT + time * self._width / max(1, self._found.length_ms)

    def _y(self, level: Db) -> float:
        part = (_TOP_DB - min(_TOP_DB, max(_LOW_DB, level))) / (_TOP_DB - _LOW_DB)
        return self._loud + part * _LOUD

    def _head(self) -> Iterator[str]:
        found = self._found
        title = found.told.title if found.told else "A sound without a timeline"
        told = (
            f"{clock(found.length_ms)}, {found.integrated:.1f} LUFS, range "
            f"{found.loudness_range:.1f} LU, true peak {found.true_peak:.1f} dBTP"
        )
        yield _text(_LEFT, 40, title, 22, _INK, weight="600")
        yield _text(_LEFT, 64, told, 14, _FAINT)
        x = float(_LEFT)
        for colour, label in (
            (_WORDS, "loudness of 3 s"),
            (_INK, "each cue"),
            (_SEA, "the bed between words"),
            (_AIM, "where the whole should be"),
            (_BELL, "a bell"),
            (_FAULT, "a bound that is broken"),
        ):
            yield f'<rect x="{x}" y="76" width="14" height="10" rx="2" fill="{colour}"/>'
            yield _text(x + 20, 85, label, 12, _FAINT)
            x += 38 + 6.6 * len(label)

    def _grid(self) -> Iterator[str]:
        aim = self._bounds.integrated
        top = self._y(aim + self._bounds.integrated_within)
        height = self._y(aim - self._bounds.integrated_within) - top
        yield (
            f'<rect x="{_LEFT}" y="{top:.1f}" width="{self._width}" height="{height:.1f}" '
            f'fill="{_AIM}" fill-opacity="0.5"/>'
        )
        for level in _GRID_DB:
            y = self._y(level)
            yield f'<path d="M{_LEFT} {y:.1f}h{self._width}" stroke="{_LINE}"/>'
            yield _text(
                14, y + 4, f"{level} LUFS" if level == _GRID_DB[0] else f"{level}", 11, _FAINT
            )
        scale = self._width / max(1, self._found.length_ms)
        tick = next((each for each in _TICKS if each * scale >= _TICK_ROOM), _TICKS[-1])
        for time in range(0, self._found.length_ms + 1, tick):
            x = self._x(time)
            yield f'<path d="M{x:.1f} {self._wave}V{self._end + 6}" stroke="{_LINE}"/>'
            yield _text(x + 3, self._end + 18, clock(time), 11, _FAINT)

    def _timeline(self) -> Iterator[str]:
        """Chapters above, the words as shades behind all, bells."""
        told = self._found.told
        if told is None:
            return
        for chapter in told.chapters:
            left, right = self._x(chapter.start_ms), self._x(chapter.end_ms)
            yield (
                f'<rect x="{left:.1f}" y="{_HEAD}" width="{max(1.0, right - left - 2):.1f}" '
                f'height="18" rx="3" fill="{_SHADE}"><title>{escape(chapter.title)}</title></rect>'
            )
            room = int((right - left - 10) / 7.2)
            if room >= 3:
                short = chapter.title if len(chapter.title) <= room else chapter.title[: room - 1]
                yield _text(left + 5, _HEAD + 13, short, 12, _WORDS, weight="600")
        for cue in told.cues:
            left, right = self._x(cue.start_ms), self._x(cue.end_ms)
            yield (
                f'<rect x="{left:.1f}" y="{self._wave}" width="{max(0.8, right - left):.1f}" '
                f'height="{_WAVE}" fill="{_SHADE}">'
                f"<title>{escape(f'{clock(cue.start_ms)}  {cue.text}')}</title></rect>"
            )
        for sound in told.sounds:
            yield (
                f'<circle cx="{self._x(sound.start_ms):.1f}" cy="{self._wave + 8}" r="4.5" '
                f'fill="{_BELL}"><title>{escape(sound.name)}</title></circle>'
            )

    def _waveform(self) -> Iterator[str]:
        highest = _columns(self._found.peaks.astype(np.float64), self._width)
        middle, half = self._wave + _WAVE / 2, _WAVE / 2
        xs = _LEFT + np.arange(len(highest)) * self._width / max(1, len(highest))
        above = [
            f"{x:.1f},{middle - min(1, y) * half:.1f}" for x, y in zip(xs, highest, strict=True)
        ]
        below = [
            f"{x:.1f},{middle + min(1, y) * half:.1f}" for x, y in zip(xs, highest, strict=True)
        ]
        yield (
            f'<polygon points="{" ".join((*above, *reversed(below)))}" fill="{_SEA}" '
            'fill-opacity="0.8"/>'
        )
        yield _text(14, middle + 4, "sound", 11, _FAINT)

    def _loudness(self) -> Iterator[str]:
        found = self._found
        yield from self._bed()
        short = _columns(found.short_term, self._width)
        ahead = _SHORT * _STEP_MS / 2  # a value stands in the middle of its 3 s
        scale = found.length_ms / max(1, len(short))
        points = " ".join(
            f"{self._x(min(at * scale + ahead, found.length_ms)):.1f},{self._y(level):.1f}"
            for at, level in enumerate(short)
        )
        yield (
            f'<polyline points="{points}" fill="none" stroke="{_WORDS}" stroke-width="1.2" '
            'stroke-opacity="0.8"/>'
        )
        for cue in found.cues or ():
            left, right = self._x(cue.start_ms), self._x(cue.end_ms)
            width, y = max(1.5, right - left), self._y(cue.loudness)
            colour = _INK if cue.state is State.THERE else _FAULT
            yield (
                f'<rect x="{left:.1f}" y="{y - 1.5:.1f}" width="{width:.1f}" height="3" '
                f'fill="{colour}"><title>{escape(cue.text)}</title></rect>'
            )
            if cue.over_bed is not None:
                below = self._y(cue.loudness - cue.over_bed)
                yield (
                    f'<rect x="{left:.1f}" y="{below - 1:.1f}" width="{width:.1f}" height="2" '
                    f'fill="{_SEA}"><title>{cue.over_bed:.1f} LU under the words</title></rect>'
                )

    def _bed(self) -> Iterator[str]:
        """How loud it is where only the bed is heard."""
        told = self._found.told
        if told is None:
            return
        hops = len(self._found.levels.stereo)
        steps = step_energies(self._found.levels.stereo)
        taken = speaking(told.cues, hops) | ringing(told, hops)
        heard = step_energies(taken.astype(np.float64)) > 0
        level = running(steps, _MOMENT)
        alone = running(np.where(heard, float(STEP), 0.0), _MOMENT) < -60
        line: list[str] = []
        every = max(1, round(len(level) / (2 * self._width)))
        for at in (*range(0, len(level), every), None):
            if at is not None and alone[at]:
                x = self._x((at + _MOMENT / 2) * _STEP_MS)
                line.append(f"{x:.1f},{self._y(float(level[at])):.1f}")
            elif line:
                yield (
                    f'<polyline points="{" ".join(line)}" fill="none" stroke="{_SEA}" '
                    'stroke-width="1.2"/>'
                )
                line = []


def _columns(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """The highest of each few values, so that no more than ``most`` are left."""
    per = -(-len(values) // most) if len(values) else 1
    padded = np.pad(values, (0, -len(values) % per), mode="edge") if len(values) else values
    return np.asarray(padded.reshape(-1, per).max(axis=1))


def _text(x: float, y: float, text: str, size: int, fill: str, *, weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'fill="{fill}">{escape(text)}</text>'
    )
