r"""What the bounds in ``audiocoach/listen/attention.py`` are chosen with.

    pip install -e ".[dev]"
    python benchmarks/commanding_bounds.py [--kokoro kokoro-js-1.2.1.tgz] [--tries 500]

Voices that nothing was learnt from, and that nothing is reported on, say commands while a routine
plays (``commanding/scene.py``); then they say other things, short ones above all, and then nobody
says anything. Each utterance that the ear finds is kept. Then ``Attention`` hears
it again with the bounds as they are, and with others, drawn from a seed; the best are printed,
where a command that nobody gave counts much more than one that was not obeyed.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from commanding.sayings import sayings
from commanding.scene import Setting, near_sound, routine
from commanding.speakers import TUNING, Speaker, Studio

from audiocoach import library
from audiocoach.listen import attention
from audiocoach.listen.activity import Utterance
from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.ear import Ear
from audiocoach.listen.recogniser import RATE, Evidence, Mono, Recogniser, Whisper
from audiocoach.listen.words import PHRASES
from audiocoach.live import Command

SETTINGS = (Setting(None, -10), Setting(0, -10), Setting(10, -20))
OTHERS = (Setting(None, -15), Setting(0, -15))
QUIET_MINUTES = 8
_FIRST_S, _LATE_S = 10, 2.5

CHOICES: Mapping[str, tuple[float, ...]] = {
    "_WAKE_ALONE": (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0),
    "_WAKE_WITH": (-4.0, -3.0, -2.0, -1.0, 0.0),
    "_PHRASE_WITH": (-2.0, -1.0, -0.5, 0.0, 1.0),
    "_BOTH": (1.0, 2.0, 3.0, 4.0),
    "_LEAD_WITH": (0.5, 0.7, 1.0, 2.0),
    "_AFTER": (0.0, 1.0, 2.5, 3.0),
    "_LEAD_AFTER": (0.5, 1.0, 2.0),
    "_ALIKE": (0.0, 1.0, 2.0, 3.0),
}
_UNASKED, _WRONG = 5.0, 3.0
"""Commands that one may cost which nobody gave, or another than was given."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance that the ear found: when it was heard, and what it is like."""

    at: int
    utterance: Utterance
    played: Mono
    """What the loudspeaker played meanwhile."""


@dataclass(frozen=True, slots=True)
class Act:
    """A scene: what was heard, and between which samples which command is due."""

    name: str
    heard: list[Heard]
    due: list[tuple[int, float, Command]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kokoro", type=Path, metavar="FILE", help="see commanding/speakers.py")
    parser.add_argument("--folder", type=Path, default=library.cache_folder() / "benchmarks")
    parser.add_argument("--tries", type=int, default=500)
    asked = parser.parse_args()
    studio = Studio(asked.folder, asked.kokoro)
    try:
        acts = list(_acts(studio, asked.folder))
    finally:
        studio.close()
    print("of", [(act.name, len(act.due)) for act in acts])
    recogniser = _Remembering(Whisper(PHRASES))
    print("as it is:", counted(acts, recogniser))
    chance = np.random.default_rng(0)
    found = []
    for _ in range(asked.tries):
        bounds = {name: float(chance.choice(values)) for name, values in CHOICES.items()}
        for name, value in bounds.items():
            setattr(attention, name, value)
        counts = counted(acts, recogniser)
        obeyed, wrong, unasked = (sum(one[at] for one in counts) for at in range(3))
        found.append((obeyed - _WRONG * wrong - _UNASKED * unasked, counts, bounds))
    for _, counts, bounds in sorted(found, key=lambda one: -one[0])[:10]:
        print(counts, bounds)


def counted(acts: Sequence[Act], recogniser: Recogniser) -> list[tuple[int, int, int]]:
    """In each: commands obeyed, others than were given, and given by nobody."""
    return [_counted(act, recogniser) for act in acts]


def _counted(act: Act, recogniser: Recogniser) -> tuple[int, int, int]:
    played = np.zeros(0, np.float32)
    ear = attention.Attention(recogniser, PHRASES, lambda _begin, _end: played)
    said: list[tuple[int, Command]] = []
    for one in act.heard:
        ear.wait(one.utterance.begin, speaking=False)
        played = one.played
        heard = ear.hear(one.utterance)
        if heard and heard.command not in (Command.ATTEND, Command.IGNORE):
            said.append((one.at, heard.command))
    obeyed = wrong = 0
    for begin, end, command in act.due:
        within = [one for at, one in said if begin <= at < end]
        obeyed += command in within
        wrong += any(one is not command for one in within)
    unasked = sum(not any(begin <= at < end for begin, end, _ in act.due) for at, _ in said)
    return obeyed, wrong, unasked


class _Remembering:
    """A recogniser that hears each sound once."""

    def __init__(self, real: Recogniser) -> None:
        self._real = real
        self._known: dict[bytes, Evidence] = {}

    def evidence(self, sound: Mono) -> Evidence:
        key = hashlib.sha256(sound.tobytes()).digest()
        if key not in self._known:
            self._known[key] = self._real.evidence(sound)
        return self._known[key]


def _acts(studio: Studio, folder: Path) -> Iterator[Act]:
    speakers = studio.speakers(TUNING)
    commands = [
        (phrase.command, studio.say(speaker, f"Coach, {phrase.words}."))
        for speaker in speakers
        for phrase in PHRASES
    ]
    others = [
        [(Command.IGNORE, sound) for sound in _others(studio, speakers, wake=wake)]
        for wake in (False, True)
    ]
    scenes = [(f"commands, {one}", one, commands, 4.0) for one in SETTINGS]
    scenes += [(f"others, {one}", one, said, 1.2) for one in OTHERS for said in others]
    scenes += [("nobody", SETTINGS[1], [], QUIET_MINUTES * 60.0)]
    stage = _Stage(*routine("back-massage", folder))
    for seed, scene in enumerate(scenes):
        yield stage.act(*scene, seed=seed)


def _others(studio: Studio, speakers: Sequence[Speaker], *, wake: bool) -> Iterator[Mono]:
    """What is no command: the wake word, alone or with others; or anything else but it."""
    known = (one for one in sayings() if one.wake == wake and not (one.phrase and wake))
    for number, text in enumerate(dict.fromkeys(one.text for one in known)):
        for place in (0, 3):
            yield studio.say(speakers[(number + place) % len(speakers)], text)


@dataclass(frozen=True, slots=True)
class _Stage:
    far: Mono
    phone: Mono

    def act(
        self,
        name: str,
        setting: Setting,
        said: list[tuple[Command, Mono]],
        rest_s: float,
        *,
        seed: int,
    ) -> Act:
        """Everything in ``said``, with rests between."""
        spoken, at = [], _FIRST_S * RATE
        due: list[tuple[int, float, Command]] = []
        for place in np.random.default_rng(seed).permutation(len(said)):
            command, sound = said[place]
            spoken.append((at, sound))
            if command is not Command.IGNORE:
                due.append((at, at + len(sound) + _LATE_S * RATE, command))
            at += len(sound) + round(rest_s * RATE)
        samples = at if said else round(rest_s * RATE)
        begin = seed * 130 * RATE
        far = np.resize(self.far[begin:], samples).astype(np.float64)
        near = near_sound(np.resize(self.phone[begin:], samples), setting, spoken, 9000 + seed)
        if setting.echo is None:
            far[:] = 0.0
        return Act(name, list(self._heard(far, near)), due)

    def _heard(self, far: np.ndarray, near: np.ndarray) -> Iterator[Heard]:
        ear = _Listening()
        for at in range(0, len(near) - BLOCK + 1, BLOCK):
            ear.found.clear()
            ear.push(far[at : at + BLOCK], near[at : at + BLOCK])
            for utterance, played in ear.found:
                yield Heard(at, utterance, played)


class _Listening(Ear):
    """An ear that keeps its utterances, and what was played meanwhile."""

    def __init__(self) -> None:
        super().__init__(_Deaf())
        self.found: list[tuple[Utterance, Mono]] = []
        hear = self._attention.hear

        def keep(utterance: Utterance) -> attention.Said | None:
            self.found.append((utterance, self._own(utterance.heard_from, utterance.end)))
            return hear(utterance)

        self._attention.hear = keep  # type: ignore[method-assign]


class _Deaf:
    """A recogniser that hears nothing."""

    def evidence(self, _sound: Mono) -> Evidence:
        return Evidence(-50.0, np.full(len(PHRASES), -50.0))


if __name__ == "__main__":
    main()
