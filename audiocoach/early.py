"""What is encoded while words are still spoken.

The level of all depends on all words. But each is as loud as every other, so that what some of
them come to tells what all will: within less than the step in which levels are chosen, most
times. So stretches of an MP3 before the first word that is missing are made as they will be in
all likelihood, and kept. The export then finds them, or makes others where they differ: what it
writes is the same either way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from threading import Event
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audiocoach.ambience import Ambience
from audiocoach.cores import own
from audiocoach.errors import AudiocoachError
from audiocoach.joining import Joining, Unfit, join
from audiocoach.loudness import HOP
from audiocoach.master import Master, plan
from audiocoach.mix import Mix, Stereo, Whole
from audiocoach.presets import Levels
from audiocoach.routine import Cue, Routine
from audiocoach.sinks.formats import Format
from audiocoach.speech import Speaker
from audiocoach.timeline import PlacedCue, Timeline, estimated_length, schedule
from audiocoach.units import Ms, frames_to_ms, ms_to_frames

_PATIENCE_S = 1.0
"""Words that are there already come sooner than that, and nothing has to be made early."""
_ENOUGH = 0.25
"""Of the distinct texts: they tell the level of all. Measured: see docs/speed.md."""
_MORE = 0.125
"""So many more, and there is something new to make."""
_NEAR: Ms = 3_000
"""Before words that are missing: what they may change."""

_log = logging.getLogger(__name__)


class Early:
    """Makes stretches of an MP3 while a routine is spoken: ``work`` in a thread of its own.

    As a context it lasts as long as words are spoken; ``told`` is told of each.
    """

    def __init__(
        self,
        routine: Routine,
        speaker: Speaker,
        marks: Mapping[str, Stereo],
        bed: Ambience,
        levels: Levels,
        *,
        form: Format,
        bitrate: int | None,
    ) -> None:
        """``bed`` is read until ``work`` has ended."""
        self._routine, self._speaker, self._marks = routine, speaker, marks
        self._bed, self._levels = bed, levels
        self._form, self._bitrate = form, bitrate
        self._cues = {cue.spoken: cue for cue in routine.cues()}
        self._news, self._over = Event(), Event()
        self.made = 0
        """Stretches that were kept."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._news.set()

    def told(self, progress: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
        """The same progress, which also tells this of each text that was spoken."""

        def tell(what: str, done: int, total: int) -> None:
            progress(what, done, total)
            self._news.set()

        return tell

    def work(self) -> None:
        """Have the bed measured; then make what can be made until all is spoken.

        Raises what the measuring of the bed raises.
        """
        began, next_at = time.monotonic(), _ENOUGH
        self._bed.prepare()
        if self._form.name != "mp3":
            return
        self._over.wait(max(0.0, began + _PATIENCE_S - time.monotonic()))
        try:
            while not self._over.is_set():
                self._news.wait()
                self._news.clear()
                known = [cue for cue in self._cues.values() if self._speaker.has(cue)]
                if known and len(known) >= next_at * len(self._cues):
                    next_at = len(known) / len(self._cues) + _MORE
                    self._make(known)
        except (AudiocoachError, Unfit) as error:
            _log.debug("nothing more is made early: %s", error)  # the export itself will tell

    def _make(self, known: list[Cue]) -> None:
        timeline, master = expected(
            self._routine, self._speaker, known, self._marks, self._bed, levels=self._levels
        )
        until = ms_to_frames(max(0, _settled(timeline, set(known)) - _NEAR))
        made = self._joining(timeline, master).keep(until, self._over)
        self.made += made
        _log.debug(
            "%d of %d texts: %d stretches at a trim of %.1f dB",
            *(len(known), len(self._cues), made, master.trim),
        )

    def _joining(self, timeline: Timeline, master: Master) -> Joining:
        """As the export makes it."""
        mix = Mix(timeline, self._speaker.clip, self._marks, master.levels, master.trim)
        levels = self._form.limited(master.levels, self._bitrate)
        whole = Whole(timeline, mix, self._bed, levels, master.trim)
        gain = self._form.gain(self._bitrate)
        threads = max(1, own() - self._speaker.parallel)
        known, bitrate = self._speaker.known, self._bitrate or 0
        return join(whole, known, self._marks, bitrate, gain, threads=threads)


def expected(
    routine: Routine,
    speaker: Speaker,
    known: Sequence[Cue],
    marks: Mapping[str, Stereo],
    bed: Ambience,
    *,
    levels: Levels,
) -> tuple[Timeline, Master]:
    """The timeline and the level of a routine of whose words only ``known`` were spoken.

    What is missing takes as long as it is estimated to, by the measure of what is known, and
    is as loud as the known clip that is nearest in length.
    """
    spoken = {cue.spoken for cue in known}
    usual = partial(estimated_length, pace=routine.pace)
    slower = sum(map(speaker.length, known)) / sum(map(usual, known))

    def length(cue: Cue) -> Ms:
        return speaker.length(cue) if cue.spoken in spoken else round(usual(cue) * slower)

    def energies(cue: PlacedCue) -> NDArray[Any]:
        if cue.cue.spoken in spoken:
            return speaker.known(cue.cue).energies
        wanted = cue.end - cue.start
        like = min(known, key=lambda each: abs(speaker.length(each) - wanted))
        return np.resize(speaker.known(like).energies, max(1, wanted // frames_to_ms(HOP)))

    lengths = {name: frames_to_ms(len(mark)) for name, mark in marks.items()}
    timeline = schedule(routine, length, lengths)
    bed.follow(timeline, routine.ambience)
    return timeline, plan(timeline, energies, marks, bed, levels)


def _settled(timeline: Timeline, known: Collection[Cue]) -> Ms:
    """Up to when all stays where it is: to the first step that lacks words."""
    spoken = {cue.spoken for cue in known}
    lacking = (cue.start for cue in timeline.cues if cue.cue.spoken not in spoken)
    first = next(lacking, timeline.length)
    return max((step.start for step in timeline.steps if step.start <= first), default=0)
