"""The figures as a Markdown table and as a plot."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from audiocoach.units import Db
from hearing.listening import NO_BED
from hearing.scoring import Score, total

CLEAN, PHONE, ROOM = "clean", "phone", "phone + room"

_WIDTH, _HEIGHT, _MARGIN = 640, 400, 60
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd")
_NO_BED_AT = 3.0
"""Decibels to the right of the last ratio."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one voice came to in one way."""

    voice: str
    air: str
    """``CLEAN``, ``PHONE``, or ``ROOM`` with its seed."""
    ratio: Db | None
    """Speech over bed; ``None``: as the preset has it."""
    score: Score

    def __str__(self) -> str:
        return f"{self.voice}, {self.air}, {_ratio(self.ratio)}: {_both(self.score)}"


def keep(row: Row, path: Path) -> None:
    """Add a row to those in a file, one JSON object a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row)) + "\n")


def kept(path: Path) -> list[Row]:
    """The rows in a file; none where there is no file."""
    if not path.exists():
        return []
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Row(**{**entry, "score": Score(**entry["score"])}) for entry in entries]


def markdown(rows: Sequence[Row], about: Sequence[str]) -> str:
    """Everything, ready to be read."""
    lines = ["# Intelligibility", ""]
    lines += [f"- {line}" for line in about]
    lines += [
        "",
        "Word error rates: as heard (homophones count as the same) / as spelt.",
        "",
        "## With the preset `phone`",
        "",
        *_table(
            rows,
            "heard through",
            [row.air for row in rows if row.ratio is None],
            lambda row: row.air if row.ratio is None else "",
        ),
    ]
    ratios = _ratios(rows)
    for air in (PHONE, ROOM) if ratios else ():
        lines += ["", f"## {air.capitalize()}, with the bed so far under speech", ""]
        lines += _table(
            [row for row in rows if _is(row, air)],
            "speech to bed",
            [_ratio(ratio) for ratio in ratios],
            lambda row: "" if row.ratio is None else _ratio(row.ratio),
        )
    return "\n".join(lines) + "\n"


def _table(
    rows: Sequence[Row], head: str, lines: Sequence[str], line_of: Callable[[Row], str]
) -> list[str]:
    voices = _voices(rows)
    table = [f"| {head} | {' | '.join(voices)} |", "|---" * (len(voices) + 1) + "|"]
    for line in dict.fromkeys(lines):
        scores = [
            total(row.score for row in rows if row.voice == voice and line_of(row) == line)
            for voice in voices
        ]
        table.append(f"| {line} | {' | '.join(map(_both, scores))} |")
    return table


def svg(rows: Sequence[Row]) -> str:
    """The curves: word error rate, as heard, over the ratio of speech to bed."""
    ratios = _ratios(rows)
    most = max((row.score.heard_rate for row in rows if row.ratio is not None), default=0.0)
    top = max(0.1, -(-most // 0.1) * 0.1)

    def x(ratio: Db) -> float:
        last = max((other for other in ratios if other < NO_BED), default=0.0)
        place = last + _NO_BED_AT if ratio >= NO_BED else ratio
        span = max(1.0, last + _NO_BED_AT - ratios[0])
        return _MARGIN + (place - ratios[0]) / span * (_WIDTH - 2 * _MARGIN)

    def y(rate: float) -> float:
        return _HEIGHT - _MARGIN - rate / top * (_HEIGHT - 2 * _MARGIN)

    view = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_MARGIN}" y="24" font-size="14">Words misheard, over speech to bed (dB)</text>',
    ]
    for step in range(round(top / 0.05) + 1):
        at = y(step * 0.05)
        parts.append(f'<path d="M{_MARGIN} {at:.1f}H{_WIDTH - _MARGIN}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{_MARGIN - 8}" y="{at + 4:.1f}" text-anchor="end">{step * 5} %</text>'
        )
    for ratio in ratios:
        label = escape(_ratio(ratio).removesuffix(" dB"))
        place = f'x="{x(ratio):.1f}" y="{_HEIGHT - _MARGIN + 18}"'
        parts.append(f'<text {place} text-anchor="middle">{label}</text>')
    curves = [(voice, air) for voice in _voices(rows) for air in (PHONE, ROOM)]
    for number, (voice, air) in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        scores = [(ratio, _at(rows, voice, air, ratio)) for ratio in ratios]
        points = [(x(ratio), y(score.heard_rate)) for ratio, score in scores if score.words]
        path = "L".join(f"{across:.1f} {up:.1f}" for across, up in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        legend = f'x="{_WIDTH - _MARGIN}" y="{44 + 16 * number}" fill="{colour}"'
        parts.append(f'<text {legend} text-anchor="end">{escape(voice)}, {air}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _is(row: Row, air: str) -> bool:
    """Whether a row is one of ``air``; all seeds of the room are the room."""
    return row.air == air or (row.air.startswith(f"{air} ") and air == ROOM)


def _at(rows: Sequence[Row], voice: str, air: str, ratio: Db) -> Score:
    return total(
        row.score for row in rows if row.voice == voice and row.ratio == ratio and _is(row, air)
    )


def _ratios(rows: Sequence[Row]) -> list[Db]:
    return sorted({row.ratio for row in rows if row.ratio is not None})


def _voices(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.voice for row in rows))


def _ratio(ratio: Db | None) -> str:
    if ratio is None:
        return "preset"
    return "no bed" if ratio >= NO_BED else f"{ratio:g} dB"


def _both(score: Score) -> str:
    if not score.words:
        return "-"
    return f"{score.heard_rate:.1%} / {score.spelt_rate:.1%} of {score.words}"
