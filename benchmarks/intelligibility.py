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
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from hearing.listening import NO_BED, Air, Said, at_ratio, bed_of, said, voice_level
from hearing.recogniser import Recogniser
from hearing.report import CLEAN, PHONE, ROOM, Row, markdown, svg
from hearing.room import Mono
from hearing.scoring import Score, phonemes, score, total

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
    parser.add_argument("--beds", nargs=2, default=["ocean", "rain"], help="one for each seed")
    parser.add_argument("--every", type=int, default=3, help="the curve takes each n-th cue")
    parser.add_argument("--ratios", nargs="+", type=float, default=RATIOS, help="of the curve")
    parser.add_argument("--no-curve", action="store_true")
    parser.add_argument("--misheard", action="store_true", help="print each mistake")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep table and plot there")
    asked = parser.parse_args()
    routine = load(library.find_routine(asked.routine), {})
    ear = Recogniser()
    rows: list[Row] = []
    for voice in asked.voices:
        with render.open_speaker(routine, voice) as speaker:
            listener = Listener(ear, routine, speaker, voice, asked.beds, misheard=asked.misheard)
            rows += _shown(listener.with_preset())
            if not asked.no_curve:
                rows += _shown(listener.curve(asked.ratios, asked.every))
    date = dt.datetime.now(dt.UTC).date()
    versions = f"piper-tts {version('piper-tts')}, pyttsx3 {version('pyttsx3')}"
    first, second = asked.beds
    about = [
        f"`python benchmarks/intelligibility.py {' '.join(sys.argv[1:])}`",
        f"routine: {asked.routine}, {routine.title}",
        f"bed: {first} with the first seed of the room and without it, {second} with the second",
        f"preset: all distinct cues; curve: one in {asked.every}",
        f"recogniser: {ear.name}",
        f"voices: {versions}; Python {platform.python_version()}, {date}",
    ]
    print(markdown(rows, about))
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        table = asked.write / "intelligibility.md"
        table.write_text(markdown(rows, about), encoding="utf-8")
        if not asked.no_curve:
            table.with_suffix(".svg").write_text(svg(rows), encoding="utf-8")


class Listener:
    """Hears one routine in one voice."""

    def __init__(
        self,
        ear: Recogniser,
        routine: Routine,
        speaker: Speaker,
        voice: str,
        beds: Sequence[str],
        *,
        misheard: bool,
    ) -> None:
        self._ear = ear
        self._routine = routine
        self._speaker = speaker
        self._voice = voice
        self._beds = beds
        self._misheard = misheard
        self._bare = said(routine, speaker, "none", at_ratio(preset("phone"), NO_BED))

    def with_preset(self) -> Iterator[Row]:
        """All cues: clean, and with the preset as it is."""
        alone = [cue.sound.mean(axis=1) for cue in self._bare]
        heard = total(self._score(cue, sound) for cue, sound in zip(self._bare, alone, strict=True))
        yield Row(self._voice, CLEAN, None, heard)
        for number, (bed, seed) in enumerate(zip(self._beds, SEEDS, strict=True)):
            cues = said(self._routine, self._speaker, bed)
            if number == 0:
                yield Row(self._voice, PHONE, None, self._through(Air("phone"), cues))
            yield Row(self._voice, f"{ROOM} {seed}", None, self._through(Air("room", seed), cues))

    def curve(self, ratios: Sequence[Db], every: int) -> Iterator[Row]:
        """Every so many cues, with the bed at each of the ratios."""
        bare = self._bare[::every]
        exported = at_ratio(preset("phone"), _EXPORTED)
        beds = [
            list(bed_of(bare, said(self._routine, self._speaker, bed, exported)[::every]))
            for bed in self._beds
        ]
        for ratio in ratios:
            for number, (bed, seed) in enumerate(zip(beds, SEEDS, strict=True)):
                cues = [
                    Said(cue.text, cue.sound + sound * np.float32(db_to_gain(_EXPORTED - ratio)))
                    for cue, sound in zip(bare, bed, strict=True)
                ]
                if number == 0:
                    yield Row(self._voice, PHONE, ratio, self._through(Air("phone"), cues))
                room = self._through(Air("room", seed), cues)
                yield Row(self._voice, f"{ROOM} {seed}", ratio, room)

    def _through(self, air: Air, cues: Sequence[Said]) -> Score:
        level = voice_level(self._bare, air)
        arrived = zip(cues, air.carry(cues, level), strict=True)
        return total(self._score(cue, sound) for cue, sound in arrived)

    def _score(self, cue: Said, sound: Mono) -> Score:
        heard = self._ear.hear(sound)
        found = score(cue.text, heard, phonemes)
        if self._misheard and found.heard:
            print(f"  {found.misheard}\n    said:  {cue.text}\n    heard: {heard}")
        return found


def _shown(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        print(row, flush=True, file=sys.stderr)
        yield row


if __name__ == "__main__":
    main()
