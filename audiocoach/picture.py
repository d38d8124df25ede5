"""A picture of a timeline: chapters, words, working time and the level of the bed, as SVG.

Time runs from left to right in rows of equal length, like the lines of a score.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import Clip
from audiocoach.errors import OutputError
from audiocoach.mix import Mix, fade
from audiocoach.presets import Levels
from audiocoach.routine import Cue
from audiocoach.timeline import PlacedCue, PlacedStep, Timeline
from audiocoach.units import HOUR, MINUTE, SECOND, Ms, clock, ms_to_frames

_WIDTH = 1_200
"""Pixels that a row of time takes."""
_MARGIN = 32
_HEAD = 104
_ROWS = 8
"""There are at most as many rows as this."""
_ROW_LENGTHS: tuple[Ms, ...] = (
    *(seconds * SECOND for seconds in (15, 30)),
    *(minutes * MINUTE for minutes in (1, 2, 3, 5, 10, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 12, 24)),
)
_TICKS: tuple[Ms, ...] = (
    *(seconds * SECOND for seconds in (5, 10, 15, 30)),
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 30)),
    *(hours * HOUR for hours in (1, 2, 6)),
)
_TICK_ROOM = 80
"""Pixels from one time to the next at least."""

_RULER, _TITLES, _LANE, _BED = 0, 22, 50, 92
"""Where the parts of a row begin, from its top."""
_TITLE_HEIGHT, _LANE_HEIGHT, _BED_HEIGHT = 22, 34, 26
_ROW_HEIGHT = 150
_LETTER = 8.8
"""Pixels for a letter of a title, to see whether it fits."""

_HUES = (
    ("#2f6f73", "#d5e8e6"),
    ("#8a5a2b", "#f1e2cf"),
    ("#4f5d95", "#dfe3f2"),
    ("#7a4b74", "#efdeec"),
    ("#56752f", "#e3ecd4"),
)
"""Of the chapters in turn: for words and titles, for working time."""
_INK, _FAINT, _LINE, _SEA, _PAPER = "#26302f", "#6d7a78", "#e3e7e6", "#9dbfd0", "#ffffff"
_BELL = "#c8962e"
_FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"


class _Span(NamedTuple):
    """A stretch of time inside one row, in pixels."""

    row: int
    left: float
    right: float
    first: bool
    """Whether the stretch begins here, rather than in the row above."""


def draw(timeline: Timeline, title: str, levels: Levels | None = None) -> str:
    """The picture as an SVG document."""
    return _Drawing(timeline, levels or Levels()).document(title)


def to_png(picture: str) -> bytes:
    """An SVG picture as PNG, twice as large.

    Raises ``OutputError`` where the extra ``picture`` is not installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise OutputError(
            "a PNG needs the extra: pip install 'audiocoach[picture]'; an .svg needs nothing"
        ) from None
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=picture, zoom=2))
    except ValueError as error:
        raise OutputError(f"the picture cannot be made: {error}") from error


class _Drawing:
    def __init__(self, timeline: Timeline, levels: Levels) -> None:
        self._timeline = timeline
        self._levels = levels
        lengths = (each for each in _ROW_LENGTHS if timeline.length <= each * _ROWS)
        self._row: Ms = next(lengths, timeline.length // _ROWS + 1)
        self._rows = max(1, -(-timeline.length // self._row))
        self._out: list[str] = []

    def document(self, title: str) -> str:
        width = _WIDTH + 2 * _MARGIN
        height = _HEAD + self._rows * _ROW_HEIGHT
        self._head(title, width)
        for row in range(self._rows):
            self._ruler(row)
            self._bed(row)
        self._chapters()
        self._steps()
        self._cues()
        self._sounds()
        body = "\n".join(self._out)
        name = escape(title)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{escape(_FONT)}" role="img" '
            f'aria-label="{name}">\n<title>{name}</title>\n'
            f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>\n{body}\n</svg>\n'
        )

    # Where things are

    def _x(self, time: Ms) -> float:
        """Pixels from the left edge of the picture, for a time from the start of its row."""
        return _MARGIN + time * _WIDTH / self._row

    @staticmethod
    def _top(row: int) -> int:
        return _HEAD + row * _ROW_HEIGHT

    def _spans(self, start: Ms, end: Ms) -> Iterator[_Span]:
        """A stretch of time, cut where a row ends."""
        begin = start
        while True:
            row = min(begin // self._row, self._rows - 1)
            origin = row * self._row
            until = min(end, origin + self._row)
            yield _Span(row, self._x(begin - origin), self._x(until - origin), begin == start)
            if until >= end:
                return
            begin = until

    # What is drawn

    def _head(self, title: str, width: int) -> None:
        timeline = self._timeline
        told = (
            f"{clock(timeline.length)}, {len(timeline.chapters)} chapters, "
            f"{len(timeline.steps)} steps, {len(timeline.cues)} cues"
        )
        most = int((width - 2 * _MARGIN) / 13)
        self._text(_MARGIN, 46, _short(title, most), 24, _INK, weight="600")
        self._text(_MARGIN, 72, told, 14, _FAINT)
        self._legend(width - _MARGIN - 420)

    def _legend(self, left: int) -> None:
        dark, light = _HUES[0]
        y = 62
        for offset, label, colour in (
            (0, "words", dark),
            (80, "time to work", light),
            (194, "a bell", _BELL),
            (272, "how loud the bed is", _SEA),
        ):
            x = left + offset
            if colour == _BELL:
                self._out.append(f'<circle cx="{x + 9}" cy="{y + 6}" r="5.5" fill="{colour}"/>')
            else:
                self._out.append(
                    f'<rect x="{x}" y="{y}" width="18" height="12" rx="2" fill="{colour}"/>'
                )
            self._text(x + 24, y + 10.5, label, 12, _FAINT)

    def _ruler(self, row: int) -> None:
        top = self._top(row)
        scale = _WIDTH / self._row
        tick = next((each for each in _TICKS if each * scale >= _TICK_ROOM), self._row)
        origin = row * self._row
        end = min(self._row, self._timeline.length - origin)
        for time in range(0, end + 1, tick):
            if time == self._row:
                continue
            x = self._x(time)
            self._out.append(
                f'<path d="M{x:.1f} {top + 18}V{top + _BED + _BED_HEIGHT}" stroke="{_LINE}"/>'
            )
            self._text(x, top + 13, clock(origin + time), 11, _FAINT)

    def _bed(self, row: int) -> None:
        """The level of the bed as a share of its level between the words."""
        origin = row * self._row
        end = min(origin + self._row, self._timeline.length)
        times = np.linspace(origin, end, max(2, round((end - origin) * _WIDTH / self._row / 1.5)))
        heights = self._levels_at(times)
        base = self._top(row) + _BED + _BED_HEIGHT
        points = " ".join(
            f"{self._x(int(time) - origin):.1f},{base - height * _BED_HEIGHT:.1f}"
            for time, height in zip(times, heights, strict=True)
        )
        left, right = self._x(0), self._x(end - origin)
        self._out.append(
            f'<polygon points="{left:.1f},{base} {points} {right:.1f},{base}" '
            f'fill="{_SEA}" fill-opacity="0.75"/>'
        )

    def _levels_at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The gain of the bed at each of some moments, in milliseconds; 1 is none."""
        frames = (times * ms_to_frames(SECOND) / SECOND).astype(np.int64)
        mix = Mix(self._timeline, _no_clip, {}, self._levels)
        gains = np.array(mix.duck_at(frames))
        for at, frame in enumerate(frames):
            faded = fade(self._levels, self._timeline.length, int(frame), 1)
            if faded is not None:
                gains[at] *= float(faded[0, 0])
        return gains

    def _chapters(self) -> None:
        for number, chapter in enumerate(self._timeline.chapters):
            dark, light = _hue(number)
            for span in self._spans(chapter.start, chapter.end):
                y = self._top(span.row) + _TITLES
                width = max(1.0, span.right - span.left - 2)
                self._box(
                    span.left,
                    y,
                    width,
                    _TITLE_HEIGHT,
                    light,
                    radius=4,
                    tip=f"{clock(chapter.start)}  {chapter.title}",
                )
                room = int((width - 12) / _LETTER)
                if room >= 3:
                    title = (
                        chapter.title if span.first else f"\N{HORIZONTAL ELLIPSIS} {chapter.title}"
                    )
                    self._text(span.left + 8, y + 15.5, _short(title, room), 13, dark, weight="600")

    def _steps(self) -> None:
        """Behind the words: the time that a step gives."""
        for number, placed in enumerate(self._timeline.steps, 1):
            _, light = _hue(placed.chapter)
            timed = placed.step.hold is not None
            for span in self._spans(placed.start, placed.end):
                y = self._top(span.row) + _LANE
                width = max(0.8, span.right - span.left - 0.6)
                tip = _step_tip(number, placed)
                if timed:
                    self._box(span.left, y, width, _LANE_HEIGHT, light, radius=3, tip=tip)
                else:
                    middle = y + _LANE_HEIGHT / 2 - 2
                    self._box(span.left, middle, width, 4, light, radius=2, tip=tip)

    def _cues(self) -> None:
        for chapter, start, end, texts in self._merged():
            dark, _ = _hue(chapter)
            for span in self._spans(start, end):
                y = self._top(span.row) + _LANE + 8
                width = max(1.2, span.right - span.left)
                self._box(span.left, y, width, _LANE_HEIGHT - 16, dark, radius=2, tip=texts)

    def _merged(self) -> Iterator[tuple[int, Ms, Ms, str]]:
        """Chapter, span and words of the cues; those too close to be seen apart are one."""
        close = 0.6 * self._row / _WIDTH
        waiting: list[PlacedCue] = []
        for cue in (*self._timeline.cues, None):
            if waiting and (cue is None or cue.start - waiting[-1].end > close):
                chapter = self._timeline.steps[waiting[0].step].chapter
                text = waiting[0].cue.text + (
                    " \N{HORIZONTAL ELLIPSIS}" if len(waiting) > 1 else ""
                )
                yield (
                    chapter,
                    waiting[0].start,
                    waiting[-1].end,
                    f"{clock(waiting[0].start)}  {text}",
                )
                waiting.clear()
            if cue is not None:
                waiting.append(cue)

    def _sounds(self) -> None:
        for sound in self._timeline.sounds:
            span = next(self._spans(sound.start, sound.start))
            y = self._top(span.row) + _LANE + _LANE_HEIGHT / 2
            tip = escape(f"{clock(sound.start)}  {sound.sound.name}")
            self._out.append(
                f'<circle cx="{span.left:.1f}" cy="{y:.1f}" r="5.5" fill="{_BELL}" '
                f'stroke="{_PAPER}" stroke-width="1.5"><title>{tip}</title></circle>'
            )

    # How it is drawn

    def _box(
        self, x: float, y: float, width: float, height: float, fill: str, *, radius: float, tip: str
    ) -> None:
        round_ = min(radius, width / 2)
        self._out.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{round_:.1f}" fill="{fill}"><title>{escape(tip)}</title></rect>'
        )

    def _text(
        self, x: float, y: float, text: str, size: int, fill: str, *, weight: str = "400"
    ) -> None:
        self._out.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
            f'fill="{fill}">{escape(text)}</text>'
        )


def _hue(chapter: int) -> tuple[str, str]:
    return _HUES[chapter % len(_HUES)]


def _short(text: str, most: int) -> str:
    """Text in ``most`` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _step_tip(number: int, placed: PlacedStep) -> str:
    length = round((placed.end - placed.start) / SECOND)
    return f"step {number}, line {placed.step.place.line}: {length} s"


def _no_clip(cue: Cue) -> Clip:
    raise AssertionError(cue)
