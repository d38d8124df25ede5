"""How often an edit of one cue moves the level of all, so that everything is encoded again.

    python benchmarks/edits.py [--routines back-massage wind-down] [--edits 60] [--early]

In each edit one cue, drawn by a fixed seed, says the words of another one of the same routine;
what comes after it moves as far as these words are longer or shorter. With ``--early``: whether
the words of the first quarter, half and three quarters of a routine tell the level of all.
The system's voice speaks, through the cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from audiocoach import library, render
from audiocoach.early import expected
from audiocoach.master import Master, plan
from audiocoach.presets import PHONE
from audiocoach.routine import Cue, Place, Routine
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.timeline import schedule

ROUTINES = ("back-massage", "desk-reset", "shoulder-rub", "wind-down")
SHARES = (0.25, 0.5, 0.75)


def levels(
    routine: Routine, speaker: Speaker, instead: Mapping[Place, Cue] | None = None
) -> Callable[[], Master]:
    """What tells the level of a routine, with some cues instead of those at some places."""
    other = {} if instead is None else instead
    marks = render.load_marks(routine)
    lengths = render.mark_lengths(marks)
    bed = render.open_bed(routine, None, PHONE.bed_tone)
    bed.prepare()

    def found() -> Master:
        def said(cue: Cue) -> Cue:
            return other.get(cue.place, cue)

        timeline = schedule(routine, lambda cue: speaker.length(said(cue)), lengths)
        bed.follow(timeline, routine.ambience)
        return plan(
            timeline,
            lambda cue: speaker.known(said(cue.cue)).energies,
            marks,
            bed,
            PHONE.levels,
        )

    return found


def moved(one: Master, other: Master) -> bool:
    return (one.trim, one.levels) != (other.trim, other.levels)


def measure(name: str, edits: int, *, early: bool) -> None:
    path = Path(name) if name.endswith(".md") else library.find_routine(name)
    routine = load(path, {})
    with render.open_speaker(routine, "pyttsx3") as speaker:
        render.speak(routine, speaker, lambda *_: None)
        cues = routine.cues()
        instead: dict[Place, Cue] = {}
        level = levels(routine, speaker, instead)
        usual, drawn, count = level(), np.random.default_rng(1), 0
        for _ in range(edits):
            at = cues[int(drawn.integers(len(cues)))]
            others = [cue for cue in cues if cue.spoken != at.spoken]
            instead.clear()
            instead[at.place] = others[int(drawn.integers(len(others)))]
            count += moved(usual, level())
        print(f"{name}: {len(cues)} cues; {count} of {edits} edits move the level", flush=True)
        if early:
            marks = render.load_marks(routine)
            bed = render.open_bed(routine, None, PHONE.bed_tone)
            bed.prepare()
            texts = list({cue.spoken: cue for cue in cues}.values())
            for share in SHARES:
                known = texts[: max(1, round(share * len(texts)))]
                _, guess = expected(routine, speaker, known, marks, bed, levels=PHONE.levels)
                right = "not " if moved(usual, guess) else ""
                print(f"  {share:.0%} of the words: {right}the level of all", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routines", nargs="+", default=ROUTINES)
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--early", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.routines:
        measure(name, arguments.edits, early=arguments.early)


if __name__ == "__main__":
    main()
