"""The verdict: what is measured, held against what a preset asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audiocoach.measure.bounds import Bounds
from audiocoach.measure.cues import FoundCue, State
from audiocoach.measure.whole import Measured
from audiocoach.units import Db, Ms, clock

_QUOTED = 32
"""Characters of a cue that are enough to know it by."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A bound that does not hold."""

    check: str
    what: str
    at_ms: Ms | None
    """Where; ``None`` where it is the whole."""
    advice: str
    """What to do about it."""

    def __str__(self) -> str:
        where = "" if self.at_ms is None else f"{clock(self.at_ms)}: "
        return f"{where}{self.what}; {self.advice}"


_EXPORT = "export it again, and report it if it stays"


def judge(found: Measured, bounds: Bounds) -> tuple[Broken, ...]:
    """Every bound that is broken, the whole first, then in order of time."""
    whole = [*_levels(found, bounds), *_spread(found, bounds), *_mono(found, bounds)]
    whole += _repetition(found, bounds)
    places = [*_silences(found, bounds), *_clicks(found), *_clipped(found)]
    for cue in found.cues or ():
        places += _cue(cue, found, bounds)
    return (*whole, *sorted(places, key=lambda broken: broken.at_ms or 0))


def _levels(found: Measured, bounds: Bounds) -> Iterator[Broken]:
    off = found.integrated - bounds.integrated
    if abs(off) > bounds.integrated_within:
        louder = "louder" if off > 0 else "softer"
        yield Broken(
            "integrated",
            f"the whole is {abs(off):.1f} LU {louder} than it should be "
            f"({found.integrated:.1f} LUFS, not {bounds.integrated:.1f})",
            None,
            "export it again, or judge it by the preset it was made for (--preset)",
        )
    if found.true_peak > bounds.true_peak:
        yield Broken(
            "true-peak",
            f"the true peak is {found.true_peak:.1f} dBTP, over {bounds.true_peak:.1f}",
            found.true_peak_at,
            "make it softer, or limit it lower before it is encoded",
        )


def _spread(found: Measured, bounds: Bounds) -> Iterator[Broken]:
    if found.cue_spread is not None and found.cue_spread > bounds.cue_spread:
        yield Broken(
            "cue-spread",
            f"the cues differ by {found.cue_spread:.1f} LU, more than {bounds.cue_spread:.1f}",
            None,
            "bring every cue to one loudness before it is mixed",
        )


def _mono(found: Measured, bounds: Bounds) -> Iterator[Broken]:
    loss = found.mono.bed if found.mono else None
    if bounds.mono_loss is not None and loss is not None and loss > bounds.mono_loss:
        yield Broken(
            "mono",
            f"the bed loses {loss:.1f} LU in mono, more than {bounds.mono_loss:.1f}",
            None,
            "use a bed whose channels have more in common",
        )


def _repetition(found: Measured, bounds: Bounds) -> Iterator[Broken]:
    again = found.repetition
    if found.bed is not None and found.bed < bounds.audible:
        return
    if again and again.strength >= bounds.likeness and again.period_ms < bounds.repetition:
        yield Broken(
            "repetition",
            f"the bed comes again every {again.period_ms / 1000:.1f} s, which is heard "
            f"(under {bounds.repetition / 1000:.0f} s)",
            None,
            "use a longer sound as a bed, or lay another over it",
        )


def _silences(found: Measured, bounds: Bounds) -> Iterator[Broken]:
    for silence in found.silences:
        length = silence.end_ms - silence.start_ms
        at_start = silence.end_ms <= bounds.silence_at_start
        at_end = silence.start_ms >= found.length_ms - bounds.silence_at_end
        if length >= bounds.silence_inside and not at_start and not at_end:
            yield Broken(
                "silence",
                f"{length} ms of digital silence, where a phone may close its channel",
                silence.start_ms,
                "let the bed or a room tone go on there",
            )


def _clicks(found: Measured) -> Iterator[Broken]:
    for click in found.clicks:
        yield Broken(
            "click",
            f"a click, {click.over:.0f} dB over what is around it",
            click.at_ms,
            "look for a cut without a fade there",
        )


def _clipped(found: Measured) -> Iterator[Broken]:
    for clipped in found.clipped:
        what = "the tops are cut off" if clipped.cue is None else "the voice is cut off at its tops"
        yield Broken(
            "clipping",
            f"{what}{_quoted(clipped.cue)}",
            clipped.at_ms,
            "make it softer before it is limited",
        )


def _cue(cue: FoundCue, found: Measured, bounds: Bounds) -> Iterator[Broken]:
    quoted = _quoted(cue.text)
    seconds = f"{cue.off_ms / 1000:.1f} s"
    said = {
        State.LOST: f"nobody says what should be said here{quoted}",
        State.EARLY: f"words begin {seconds} before they should{quoted}",
        State.LATE: f"words go on {seconds} after they should have ended{quoted}",
        State.NO_START: f"the first {seconds} are missing{quoted}",
        State.NO_END: f"the last {seconds} are missing{quoted}",
    }
    if cue.state in said:
        yield Broken("cue", said[cue.state], cue.start_ms, _EXPORT)
    if cue.state is not State.THERE:
        return
    least = bounds.over_bed - (0.0 if found.exact else bounds.guess)
    if cue.over_bed is not None and cue.over_bed < least:
        about = "" if found.exact else "about "
        yield Broken(
            "speech-to-bed",
            f"the words are {about}{cue.over_bed:.1f} LU over the bed, less than "
            f"{least:.1f}{quoted}",
            cue.start_ms,
            "make the bed softer",
        )
    off = cue.loudness - usual_loudness(found)
    if abs(off) > bounds.cue_off:
        louder = "louder" if off > 0 else "softer"
        yield Broken(
            "cue-loudness",
            f"the words are {abs(off):.1f} LU {louder} than the others{quoted}",
            cue.start_ms,
            "bring every cue to one loudness before it is mixed",
        )


def usual_loudness(found: Measured) -> Db:
    """LUFS of the cue in the middle of all, by loudness."""
    there = sorted(cue.loudness for cue in found.cues or ())
    return there[len(there) // 2] if there else 0.0


def _quoted(text: str | None) -> str:
    if text is None:
        return ""
    short = (
        text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    )
    return f' ("{short}")'
