"""Fits the constants of ``timeline.estimated_length`` to a voice, and shows how far they are off.

    python benchmarks/estimates.py [--voice joe]

Speaks the cues of the built-in routines at each pace (or takes them from the cache), fits
milliseconds for each letter, each pause between sentences and each cue by least squares,
and prints them beside the error of the constants in use.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from audiocoach import library, render
from audiocoach.routine import Pace
from audiocoach.script import load
from audiocoach.timeline import estimated_length, pauses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", default="joe")
    voice = parser.parse_args().voice
    routines = [load(file.path, {}) for file in library.routines() if file.builtin]
    for pace in Pace:
        letters, rests, lengths, errors = [], [], [], []
        for routine in routines:
            paced = replace(routine, pace=pace)
            with render.open_speaker(paced, voice) as speaker:
                render.speak(paced, speaker, lambda *_: None)
                for cue in {cue.spoken: cue for cue in paced.cues()}.values():
                    letters.append(len(cue.spoken))
                    rests.append(pauses(cue.spoken))
                    lengths.append(speaker.length(cue))
                    errors.append(estimated_length(cue, pace) - speaker.length(cue))
        table = np.column_stack([np.ones(len(letters)), letters, rests])
        (start, letter, rest), *_ = np.linalg.lstsq(table, np.array(lengths), rcond=None)
        print(
            f"{pace}: {start:.0f} + {letter:.1f} for each letter + {rest:.0f} for each pause (ms); "
            f"in use: {np.mean(errors) / np.mean(lengths):+.1%} in all, "
            f"{np.mean(np.abs(errors)):.0f} ms a cue, {len(lengths)} cues"
        )


if __name__ == "__main__":
    main()
