r"""What the bounds in ``audiocoach/listen/attention.py`` are chosen with.

    pip install -e ".[dev]"
    python benchmarks/commanding_bounds.py [--kokoro kokoro-js-1.2.1.tgz] [--tries 500]

Voices that nothing was learnt from, and that nothing is reported on, say commands while a routine
plays (``commanding/scene.py``); then they say other things, short ones above all, and then nobody
says anything. What the ear's recogniser makes of each utterance is kept. Then ``Attention`` hears
it again with the bounds as they are, and with others, drawn from a seed; the best are printed,
where a command that nobody gave counts much more than one that was not obeyed. (Some of those are
right: a command alone that happens to follow "coach".)
"""

from __future__ import annotations

import argparse
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
from audiocoach.listen.recogniser import LONGEST_S, RATE, Evidence, Mono, Whisper
from audiocoach.listen.words import PHRASES
from audiocoach.live import Command

SETTINGS = (Setting(None, -10), Setting(0, -10), Setting(10, -20))
OTHERS = (Setting(None, -15), Setting(0, -15))
QUIET_MINUTES = 8
_FIRST_S, _LATE_S = 10, 2.5

CHOICES: Mapping[str, tuple[float, ...]] = {
    "_WAKE_ALONE": (0.5, 1.0, 1.5, 2.0, 3.0),
    "_WAKE_WITH": (-3.0, -2.0, -1.0, 0.0, 1.0),
    "_PHRASE_WITH": (-1.0, 0.0, 1.0, 2.0),
    "_BOTH": (1.0, 2.0, 3.0, 4.0, 5.0),
    "_LEAD_WITH": (0.5, 0.7, 1.0, 2.0),
    "_AFTER": (0.0, 1.0, 2.5, 3.0),
    "_LEAD_AFTER": (0.5, 1.0, 2.0),
    "_WAKE_BEFORE": (-3.0, -2.0, -1.5, -1.0),
}
_UNASKED, _WRONG = 5.0, 3.0
"""Commands that one may cost which nobody gave, or another than was given."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance that the ear found: when it was heard, and what it is like."""

    at: int
    begin: int
    end: int
    found: Evidence
    own: Evidence | None
    """The same of what the loudspeaker played meanwhile."""


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
    print("as it is:", counted(acts))
    chance = np.random.default_rng(0)
    found = []
    for _ in range(asked.tries):
        bounds = {name: float(chance.choice(values)) for name, values in CHOICES.items()}
        for name, value in bounds.items():
            setattr(attention, name, value)
        counts = counted(acts)
        obeyed, wrong, unasked = (sum(one[at] for one in counts) for at in range(3))
        found.append((obeyed - _WRONG * wrong - _UNASKED * unasked, counts, bounds))
    for _, counts, bounds in sorted(found, key=lambda one: -one[0])[:10]:
        print(counts, bounds)


def counted(acts: Sequence[Act]) -> list[tuple[int, int, int]]:
    """In each: commands obeyed, others than were given, and given by nobody."""
    return [_counted(act) for act in acts]


def _counted(act: Act) -> tuple[int, int, int]:
    teller = _Teller()
    ear = attention.Attention(teller, PHRASES, teller.own)
    said: list[tuple[int, Command]] = []
    for one in act.heard:
        ear.wait(one.begin, speaking=False)
        teller.heard = one
        heard = ear.hear(Utterance(one.begin, np.zeros(one.end - one.begin, np.float32)))
        if heard and heard.command not in (Command.ATTEND, Command.IGNORE):
            said.append((one.at, heard.command))
    obeyed = wrong = 0
    for begin, end, command in act.due:
        within = [one for at, one in said if begin <= at < end]
        obeyed += command in within
        wrong += any(one is not command for one in within)
    unasked = sum(not any(begin <= at < end for begin, end, _ in act.due) for at, _ in said)
    return obeyed, wrong, unasked


class _Teller:
    """A recogniser that tells what was heard; silence is what was said, anything else is own."""

    heard: Heard

    def evidence(self, sound: Mono) -> Evidence:
        if sound[:1].any():
            assert self.heard.own
            return self.heard.own
        return self.heard.found

    def own(self, _begin: int, _end: int) -> Mono:
        return np.ones(RATE if self.heard.own else 0, np.float32)


class _Noting:
    """A recogniser that notes what it was asked, and says that it was nothing."""

    def __init__(self, real: Whisper) -> None:
        self._real = real
        self.noted: list[Evidence] = []

    def evidence(self, sound: Mono) -> Evidence:
        self.noted.append(self._real.evidence(sound))
        return Evidence(-50.0, np.full(len(PHRASES), -50.0))


def _acts(studio: Studio, folder: Path) -> Iterator[Act]:
    speakers = studio.speakers(TUNING)
    commands = [
        (phrase.command, studio.say(speaker, f"Coach, {phrase.words}."))
        for speaker in speakers
        for phrase in PHRASES
    ]
    others = [(Command.IGNORE, sound) for sound in _others(studio, speakers)]
    scenes = [(f"commands, {one}", one, commands, 4.0) for one in SETTINGS]
    scenes += [(f"others, {one}", one, others, 1.2) for one in OTHERS]
    scenes += [("nobody", SETTINGS[1], [], QUIET_MINUTES * 60.0)]
    stage = _Stage(*routine("back-massage", folder), Whisper(PHRASES))
    for seed, scene in enumerate(scenes):
        yield stage.act(*scene, seed=seed)


def _others(studio: Studio, speakers: Sequence[Speaker]) -> Iterator[Mono]:
    """What is no command: other words, the wake word alone, and commands without it."""
    texts = list(dict.fromkeys(one.text for one in sayings() if not (one.phrase and one.wake)))
    for number, text in enumerate(texts):
        for place in (0, 3):
            yield studio.say(speakers[(number + place) % len(speakers)], text)


@dataclass(frozen=True, slots=True)
class _Stage:
    far: Mono
    phone: Mono
    recogniser: Whisper

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
        begin = seed * 170 * RATE
        far = np.resize(self.far[begin:], samples).astype(np.float64)
        near = near_sound(np.resize(self.phone[begin:], samples), setting, spoken, 9000 + seed)
        if setting.echo is None:
            far[:] = 0.0
        return Act(name, list(self._heard(far, near)), due)

    def _heard(self, far: np.ndarray, near: np.ndarray) -> Iterator[Heard]:
        noting = _Noting(self.recogniser)
        ear = _Listening(noting)
        for at in range(0, len(near) - BLOCK + 1, BLOCK):
            ear.utterances.clear()
            noting.noted.clear()
            ear.push(far[at : at + BLOCK], near[at : at + BLOCK])
            for utterance, played in ear.utterances:
                own = None
                if len(played) and float(np.sqrt(np.mean(played**2))) >= attention.SOUNDS:
                    own = self.recogniser.evidence(played[: round(LONGEST_S * RATE)])
                yield Heard(at, utterance.begin, utterance.end, noting.noted[0], own)


class _Listening(Ear):
    """An ear that keeps its utterances, and what was played meanwhile."""

    def __init__(self, noting: _Noting) -> None:
        super().__init__(noting)
        self.utterances: list[tuple[Utterance, Mono]] = []
        hear = self._attention.hear

        def keep(utterance: Utterance) -> attention.Said | None:
            self.utterances.append((utterance, self._own(utterance.begin, utterance.end)))
            return hear(utterance)

        self._attention.hear = keep  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
