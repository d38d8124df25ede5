"""The ambience: the beds of a routine as one sound on one clock.

A bed is made of layers. What is heard is told by *powers*: one for each sound there is,
1 in all, because sounds that do not resemble each other add up by their energy. So three
layers are as loud as one, and while one bed passes into another the whole stays as loud
as it was: powers go over in a straight way, a sound that both have keeps what it has in
both, and between sounds that only one of them has it is the crossfade of equal power.
"""

from __future__ import annotations

import contextlib
import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audiocoach.bed import Bed, room_tone
from audiocoach.decode import Block
from audiocoach.errors import SoundError
from audiocoach.layers import NONE, parse_layers
from audiocoach.loudness import STEP
from audiocoach.presets import BedTone
from audiocoach.soundbank import find_bed
from audiocoach.synth import LEVEL
from audiocoach.timeline import Timeline
from audiocoach.units import RATE, Db, Frames, Ms, db_to_gain, ms_to_frames

FADE: Frames = 6 * RATE
"""One bed passes into the next over this, from the moment on at which the next begins."""

Powers = NDArray[np.float64]
"""Of each sound of an ambience, shape ``(sounds,)``; 1 in all."""


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """A moment from which on the ambience becomes another bed."""

    at: Frames
    before: Powers
    """At that moment: in the middle of another turn, perhaps."""
    after: Powers
    used: tuple[Frames, ...]
    """For how long each sound was heard before that moment."""

    def share(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """How far it has got at each of some frames, 0 to 1."""
        part = np.clip((frames - self.at + 0.5) / FADE, 0, 1)
        return np.asarray(np.sin(np.pi / 2 * part) ** 2)

    def power(self, sound: int, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of a sound, at each of some frames."""
        before, after = self.before[sound], self.after[sound]
        if before == after:
            return np.full(len(frames), after)
        share = self.share(frames)
        return np.asarray(before * (1 - share) + after * share)

    def used_until(self, sound: int, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """For how long a sound was heard before each of some frames."""
        since = np.maximum(0, frames - self.at)
        if not self.after[sound]:
            since = np.minimum(since, FADE if self.before[sound] else 0)
        return self.used[sound] + since


class Ambience:
    """Sounds at ``LEVEL`` that pass into each other, read from the routine's start on.

    A sound begins with its beginning where it is first heard, and goes on where it
    stopped when it comes back. What is heard at a frame depends on that frame and on the
    turns before it alone: not on how it is read. Reading raises ``SoundError`` where a
    file turns out to be damaged. Not for two threads at once.
    """

    def __init__(
        self, sounds: Sequence[Bed], beds: Mapping[str, Sequence[tuple[int, Db]]], first: str
    ) -> None:
        """``beds``: by name, the layers of each as indices into ``sounds`` with their gains."""
        self._sounds = list(sounds)
        self._powers = {name: self._shares(layers) for name, layers in beds.items()}
        self._turns: list[_Turn] = []
        self._read: list[Frames] = [0] * len(self._sounds)
        """How far each sound was read, over all rounds of its loop."""
        self.position: Frames = 0
        """The frame that is read next."""
        self.begin(first)

    @classmethod
    def of(cls, bed: Bed) -> Self:
        """An ambience of one bed."""
        return cls([bed], {bed.name: [(0, 0.0)]}, bed.name)

    @property
    def loudness(self) -> Db:
        """LUFS of what is read."""
        return LEVEL

    def begin(self, name: str) -> None:
        """Begin again, with the bed of that name if there is one, else with the first."""
        powers = self._powers.get(name, next(iter(self._powers.values())))
        self._turns = [_Turn(0, powers, powers, (0,) * len(self._sounds))]
        self.seek(0)

    def turn(self, name: str, at: Frames | None = None) -> None:
        """Pass into the bed of that name from frame ``at`` on, or from what is read next.

        In order of ``at``. A name that the ambience does not have changes nothing.
        """
        last = self._turns[-1]
        after = self._powers.get(name, last.after)
        if np.array_equal(after, last.after):
            return
        when = np.array([self.position if at is None else at])
        every = range(len(self._sounds))
        before = np.array([last.power(index, when)[0] for index in every])
        used = tuple(int(last.used_until(index, when)[0]) for index in every)
        self._turns.append(_Turn(int(when[0]), before, after, used))

    def follow(self, timeline: Timeline, usual: str) -> None:
        """Begin again, and turn wherever ``timeline`` does; ``usual`` where a step asks nothing."""
        beds = beds_of(timeline, usual)
        self.begin(beds[0][1])
        for start, name in beds:
            self.turn(name, ms_to_frames(start))

    def seek(self, frame: Frames) -> None:
        """Read on from ``frame``."""
        self.position = frame

    def read(self, frames: Frames) -> Block:
        """The next ``frames`` frames; shape ``(frames, 2)``."""
        out = np.zeros((frames, 2), dtype=np.float32)
        done = 0
        while done < frames:
            index = bisect_right(self._turns, self.position, key=lambda turn: turn.at) - 1
            turn = self._turns[index]
            ends = [turn.at + FADE, *(turn.at for turn in self._turns[index + 1 : index + 2])]
            count = min(
                [frames - done, *(end - self.position for end in ends if end > self.position)]
            )
            self._add(turn, out[done : done + count])
            self.position += count
            done += count
        return out

    def _add(self, turn: _Turn, out: Block) -> None:
        """Add what is heard next to ``out``: wholly inside the fade of ``turn``, or after it."""
        start = self.position
        moves = start < turn.at + FADE
        for index in self._heard(turn, moves=moves):
            sound = self._sounds[index]
            begin = int(turn.used_until(index, np.array([start]))[0])
            if self._read[index] != begin:
                sound.seek(begin)
            self._read[index] = begin + len(out)
            still = not moves or turn.before[index] == turn.after[index]
            at = np.array([turn.at + FADE]) if still else np.arange(start, start + len(out))
            gains = (self._gain(index) * np.sqrt(turn.power(index, at))).astype(np.float32)
            heard = sound.read(len(out))
            for channel in range(2):  # numpy would take six times as long over pairs
                heard[:, channel] *= gains
            out += heard

    @property
    def loop(self) -> Frames | None:
        """The length of the one loop that is all there is, from its beginning on; or ``None``."""
        heard = [index for index, power in enumerate(self._turns[0].after) if power]
        if len(self._turns) > 1 or len(heard) > 1 or not self.held:
            return None
        return self._sounds[heard[0]].frames

    @property
    def held(self) -> bool:
        """Whether all sounds are short enough to be read from anywhere at no cost."""
        return all(sound.held for sound in self._sounds)

    def prepare(self) -> None:
        """Have measured what an export asks for: it takes a while, the first time."""
        for sound in self._sounds:
            sound.prepare()

    def hold(self) -> None:
        """Have them in memory."""
        for sound in self._sounds:
            sound.hold()

    @property
    def peak(self) -> float:
        """No sample is higher."""
        most = np.max([np.maximum(turn.before, turn.after) for turn in self._turns], axis=0)
        return sum(
            self._gain(index) * float(np.sqrt(power)) * self._sounds[index].peak
            for index, power in enumerate(most)
            if power
        )

    def described(self, start: Frames, end: Frames) -> list[Any] | None:
        """All that what is read from ``start`` up to ``end`` depends on; ``None``: not known."""
        described: list[Any] = []
        at = start
        while at < end:
            index = bisect_right(self._turns, at, key=lambda turn: turn.at) - 1
            turn = self._turns[index]
            moves = at < turn.at + FADE
            for number in self._heard(turn, moves=moves):
                sound = self._sounds[number]
                if not sound.content:
                    return None
                used = int(turn.used_until(number, np.array([at]))[0])
                powers = float(turn.before[number]), float(turn.after[number])
                where = [at - start, used % sound.frames, self._gain(number)]
                still = powers[0] == powers[1] or not moves
                described.append(
                    [sound.content, *where, powers[1] if still else [*powers, at - turn.at]]
                )
            ends = [turn.at + FADE, *(turn.at for turn in self._turns[index + 1 : index + 2])]
            at = min([end, *(each for each in ends if each > at)])
        return described

    def _heard(self, turn: _Turn, *, moves: bool) -> list[int]:
        """The sounds that are heard while ``turn`` moves, or after that."""
        return [
            index
            for index in range(len(self._sounds))
            if turn.after[index] or (moves and turn.before[index])
        ]

    def step_energies(self, steps: int) -> NDArray[np.float64]:
        """K-weighted energies of the first ``steps`` steps of 100 ms of what is read.

        See ``loudness.step_energies``; energies of different sounds add up. Every sound is
        wholly decoded for it.
        """
        starts = np.arange(steps) * STEP
        turns = np.array([turn.at for turn in self._turns])
        which = np.searchsorted(turns, starts + STEP // 2, side="right") - 1
        energies = np.zeros(steps)
        for number, turn in enumerate(self._turns):
            mine = np.flatnonzero(which == number)
            if len(mine) == 0:
                continue
            for index, sound in enumerate(self._sounds):
                power = turn.power(index, starts[mine] + STEP // 2)
                if power.any():
                    heard = sound.energies_at(turn.used_until(index, starts[mine]))
                    energies[mine] += power * self._gain(index) ** 2 * heard
        return energies

    def _gain(self, index: int) -> float:
        """What brings a sound to ``LEVEL``."""
        return db_to_gain(LEVEL - self._sounds[index].loudness)

    def _shares(self, layers: Sequence[tuple[int, Db]]) -> Powers:
        powers = np.zeros(len(self._sounds))
        for index, gain in layers:
            powers[index] += db_to_gain(gain) ** 2
        return np.asarray(powers / powers.sum())


def bed_starts(timeline: Timeline) -> list[Ms]:
    """When the bed of each step begins: with its chapter, or else with the step."""
    starts: list[Ms] = []
    chapter = -1
    for step in timeline.steps:
        starts.append(
            step.start if step.chapter == chapter else timeline.chapters[step.chapter].start
        )
        chapter = step.chapter
    return starts


def beds_of(timeline: Timeline, usual: str) -> list[tuple[Ms, str]]:
    """When another bed begins, and which; the first from 0 on. ``usual``: see ``follow``."""
    beds: list[tuple[Ms, str]] = []
    for step, start in zip(timeline.steps, bed_starts(timeline), strict=True):
        name = step.step.backdrop.layers if step.step.backdrop else usual
        if not beds or beds[-1][1] != name:
            beds.append((start if beds else 0, name))
    return beds or [(0, usual)]


def open_ambience(
    wanted: Iterable[str], base: Path | None, tone: BedTone | None = None, *, at_once: bool = False
) -> Ambience:
    """An ambience with the beds that ``wanted`` names, in the language of ``layers``.

    It begins with the first; all have the tone if there is one. Sounds are found as
    ``find_sound`` does, and opened once each. ``at_once``: so that it can be heard without
    delay, the loudness of users' files is estimated; that of later beds in a thread of its
    own. Raises ``SoundError`` where a text or a file is none, ``NotFoundError``.
    """
    sounds: dict[Path | None, int] = {}
    opened: list[Bed] = []
    beds: dict[str, list[tuple[int, Db]]] = {}
    for text in dict.fromkeys(wanted):
        beds[text] = []
        for name, gain in _layers(text):
            info = None if name == NONE else find_bed(name, base)
            key = info.path.resolve() if info else None
            if key not in sounds:
                sounds[key] = len(opened)
                opened.append(Bed.open(info, tone, at_once=at_once) if info else room_tone())
            if any(sounds[key] == index for index, _ in beds[text]):
                raise SoundError(f'ambience "{text}": "{name}" is in it twice; give it a gain')
            beds[text].append((sounds[key], gain))
    if at_once:
        first = {index for index, _ in next(iter(beds.values()))}
        later = [bed for at, bed in enumerate(opened) if bed.estimates and at not in first]
        _prepare(bed for bed in opened if bed not in later)
        threading.Thread(target=_prepare_later, args=(later,), name="beds", daemon=True).start()
    return Ambience(opened, beds, next(iter(beds)))


def _prepare(sounds: Iterable[Bed]) -> None:
    """Have their loudness known."""
    for sound in sounds:
        _ = sound.loudness


def _prepare_later(sounds: Iterable[Bed]) -> None:
    with contextlib.suppress(SoundError):  # whoever reads it will be told
        _prepare(sounds)


def _layers(text: str) -> list[tuple[str, Db]]:
    try:
        return [(layer.name, layer.gain) for layer in parse_layers(text)]
    except ValueError as error:
        raise SoundError(f'ambience "{text}": {error}') from None
