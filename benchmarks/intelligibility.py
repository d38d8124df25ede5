"""How many words arrive: every cue of a routine heard by an offline recogniser.

    pip install -e ".[dev,bench]"
    python benchmarks/intelligibility.py [ROUTINE] [--every 3] [--write benchmarks/results]

Each cue is cut out of a real export and heard clean (the voice alone), through the phone of
``audiocoach measure``, and through phone and room (``hearing/room.py``: reverberation of 0.4 s,
and breathing and rustling 15 dB below the voice, both from two seeds, each with a bed of its
own); word error rate side by side for both voices: with the preset ``phone`` as it is, then
with the bed at fixed levels, which is the curve that the preset's ratio is chosen from.

Nothing is drawn by chance and nothing depends on the time: the same versions give the same
figures. ``hearing/scoring.py`` says what counts as a mistake.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from hearing.listening import NO_BED, Air, Said, at_ratio, bed_of, said, voice_level
from hearing.recogniser import EARS, Recogniser
from hearing.report import CLEAN, PHONE, ROOM, Row, keep, kept, markdown, svg
from hearing.room import Mono
from hearing.scoring import Score, phonemes, score, total
from numpy.typing import NDArray

from audiocoach import library, render
from audiocoach.presets import preset
from audiocoach.routine import Routine
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.units import Db, db_to_gain

RATIOS = (6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0, NO_BED)
SEEDS = (1, 2)
_EXPORTED: Db = 18.0
"""The curve is made from one export at this ratio for each bed; see ``bed_of``."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("routine", nargs="?", default="back-massage")
    parser.add_argument("--voices", nargs="+", default=["joe", "pyttsx3"])
    parser.add_argument("--ears", nargs="+", choices=tuple(EARS), default=list(EARS))
    parser.add_argument("--beds", nargs=2, default=["ocean", "rain"], help="one for each seed")
    parser.add_argument("--every", type=int, default=3, help="the curve takes each n-th cue")
    parser.add_argument("--preset-every", type=int, default=1, help="the same without a curve")
    parser.add_argument("--ratios", nargs="+", type=float, default=RATIOS, help="of the curve")
    parser.add_argument("--no-curve", action="store_true")
    parser.add_argument("--misheard", action="store_true", help="print each mistake")
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="keep each figure there, and take what is there"
    )
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep table and plot there")
    asked = parser.parse_args()
    routine = load(library.find_routine(asked.routine), {})
    found = kept(asked.rows) if asked.rows else []
    rows: list[Row] = []
    for voice in asked.voices:
        with render.open_speaker(routine, voice) as speaker:
            listener = Listener(
                routine, speaker, voice, asked.beds, asked.ears, misheard=asked.misheard
            )
            ways = list(listener.with_preset(asked.preset_every))
            if not asked.no_curve:
                ways += listener.curve(asked.ratios, asked.every)
            for way in ways:
                same = (row for row in found if (row.voice, row.air, row.ratio) == way.key)
                row = next(same, None) or way.heard()
                rows.append(row)
                print(row, flush=True, file=sys.stderr)
                if asked.rows and row not in found:
                    keep(row, asked.rows)
    date = dt.datetime.now(dt.UTC).date()
    versions = f"piper-tts {version('piper-tts')}, pyttsx3 {version('pyttsx3')}"
    first, second = asked.beds
    about = [
        f"`python benchmarks/intelligibility.py {' '.join(sys.argv[1:])}`",
        f"routine: {asked.routine}, {routine.title}",
        f"bed: {first} with the first seed of the room and without it, {second} with the second",
        f"preset: one in {asked.preset_every} distinct cues; curve: one in {asked.every}",
        *(f"recogniser: {_ear(ear).name}" for ear in asked.ears),
        f"voices: {versions}; Python {platform.python_version()}, {date}",
    ]
    print(markdown(rows, about))
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        table = asked.write / "intelligibility.md"
        table.write_text(markdown(rows, about), encoding="utf-8")
        if not asked.no_curve:
            table.with_suffix(".svg").write_text(svg(rows), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Way:
    """A way of hearing a voice, not gone yet."""

    voice: str
    air: str
    ratio: Db | None
    hear: Callable[[], Score]

    @property
    def key(self) -> tuple[str, str, Db | None]:
        """What tells it from others."""
        return self.voice, self.air, self.ratio

    def heard(self) -> Row:
        """Go it."""
        return Row(self.voice, self.air, self.ratio, self.hear())


class Listener:
    """Hears one routine in one voice; nothing is exported before it is heard."""

    def __init__(
        self,
        routine: Routine,
        speaker: Speaker,
        voice: str,
        beds: Sequence[str],
        ears: Sequence[str],
        *,
        misheard: bool,
    ) -> None:
        self._routine = routine
        self._speaker = speaker
        self._voice = voice
        self._beds = beds
        self._ears = ears
        self._misheard = misheard

    def with_preset(self, every: int) -> Iterator[Way]:
        """Every so many cues: clean, and with the preset as it is."""
        first, _ = self._beds
        for ear in self._ears:
            name = f"{self._voice}, {ear}"
            yield Way(name, CLEAN, None, partial(self._clean, every, ear))
            hear = partial(self._as_it_is, Air("phone"), first, every, ear)
            yield Way(name, PHONE, None, hear)
            for bed, seed in zip(self._beds, SEEDS, strict=True):
                hear = partial(self._as_it_is, Air("room", seed), bed, every, ear)
                yield Way(name, f"{ROOM} {seed}", None, hear)

    def curve(self, ratios: Sequence[Db], every: int) -> Iterator[Way]:
        """Every so many cues, with the bed at each of the ratios."""
        first, _ = self._beds
        for ear, ratio in itertools.product(self._ears, ratios):
            name = f"{self._voice}, {ear}"
            moved = partial(self._moved, Air("phone"), first, ratio, every, ear)
            yield Way(name, PHONE, ratio, moved)
            for bed, seed in zip(self._beds, SEEDS, strict=True):
                moved = partial(self._moved, Air("room", seed), bed, ratio, every, ear)
                yield Way(name, f"{ROOM} {seed}", ratio, moved)

    @cached_property
    def _bare(self) -> list[Said]:
        return said(self._routine, self._speaker, "none", at_ratio(preset("phone"), NO_BED))

    @cache  # noqa: B019 - a listener lives as long as the program
    def _exported(self, bed: str) -> list[Said]:
        return said(self._routine, self._speaker, bed)

    @cache  # noqa: B019 - "
    def _beneath(self, bed: str) -> list[NDArray[np.float32]]:
        mixed = said(self._routine, self._speaker, bed, at_ratio(preset("phone"), _EXPORTED))
        return list(bed_of(self._bare, mixed))

    def _clean(self, every: int, ear: str) -> Score:
        cues = self._bare[::every]
        return total(self._score(cue, cue.sound.mean(axis=1), ear) for cue in cues)

    def _as_it_is(self, air: Air, bed: str, every: int, ear: str) -> Score:
        return self._through(air, self._exported(bed)[::every], ear)

    def _moved(self, air: Air, bed: str, ratio: Db, every: int, ear: str) -> Score:
        more = np.float32(db_to_gain(_EXPORTED - ratio))
        pairs = list(zip(self._bare, self._beneath(bed), strict=True))[::every]
        cues = [Said(cue.text, cue.sound + more * below) for cue, below in pairs]
        return self._through(air, cues, ear)

    def _through(self, air: Air, cues: Sequence[Said], ear: str) -> Score:
        arrived = zip(cues, air.carry(cues, self._level(air)), strict=True)
        return total(self._score(cue, sound, ear) for cue, sound in arrived)

    @cache  # noqa: B019 - "
    def _level(self, air: Air) -> Db:
        return voice_level(self._bare, air)

    def _score(self, cue: Said, sound: Mono, ear: str) -> Score:
        heard = _ear(ear).hear(sound)
        found = score(cue.text, heard, phonemes)
        if self._misheard and found.heard:
            print(f"  {found.misheard}\n    said:  {cue.text}\n    heard: {heard}")
        return found


@cache
def _ear(name: str) -> Recogniser:
    return Recogniser(name)


if __name__ == "__main__":
    main()
