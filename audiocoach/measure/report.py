"""What was measured, for the eye and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from audiocoach.measure.bounds import Bounds
from audiocoach.measure.verdict import Broken
from audiocoach.measure.whole import Loss, Measured
from audiocoach.units import Db, clock

_TOLD = 8
"""Broken bounds of one kind that are told one by one."""
_UNKNOWN = "unknown: the file does not tell its timeline"


def to_lines(
    found: Measured, bounds: Bounds, preset: str, broken: Sequence[Broken]
) -> Iterator[str]:
    """A line for each thing that was measured, then one for each bound that is broken."""
    failed = {each.check for each in broken}

    def line(name: str, value: str, bound: str = "", *checks: str) -> str:
        mark = "BROKEN" if failed & set(checks) else "ok" if bound else ""
        return f"  {name:<23}{value:<46}{bound:<22}{mark}".rstrip()

    title = found.told.title if found.told else "no timeline inside"
    yield f"{title}, {clock(found.length_ms)}, judged as {preset}"
    within = bounds.integrated_within
    least = bounds.over_bed - (0.0 if found.exact else bounds.guess)
    yield line(
        "loudness",
        f"{found.integrated:.1f} LUFS",
        f"{bounds.integrated:.0f} \N{PLUS-MINUS SIGN} {within}",
        "integrated",
    )
    yield line("loudness range", f"{found.loudness_range:.1f} LU")
    yield line(
        "loudest",
        f"{found.loudest_moment:.1f} LUFS in 0.4 s, {found.loudest_short:.1f} in 3 s",
    )
    yield line(
        "true peak",
        f"{found.true_peak:.1f} dBTP at {clock(found.true_peak_at)}",
        f"at most {bounds.true_peak:.0f}",
        "true-peak",
    )
    yield line("the bed between words", _UNKNOWN if found.bed is None else f"{found.bed:.1f} LUFS")
    yield line("words over the bed", _over_bed(found), f"at least {least:.0f}", "speech-to-bed")
    yield line(
        "cues differ by",
        _UNKNOWN if found.cue_spread is None else f"{found.cue_spread:.1f} LU",
        f"at most {bounds.cue_spread:.0f}",
        "cue-spread",
        "cue-loudness",
    )
    yield line("cues", _cues(found), "all in their place", "cue")
    yield line("longest without a cue", _gap(found))
    mono = "" if bounds.mono_loss is None else f"bed at most {bounds.mono_loss:.0f}"
    yield line("lost in mono", _loss(found.mono), mono, "mono")
    yield line("lost through a phone", _loss(found.phone, found.phone_loss))
    yield line("clicks", str(len(found.clicks)), "none", "click")
    yield line("clipping", str(len(found.clipped)), "none", "clipping")
    yield line("digital silence", _silences(found), "none but at the ends", "silence")
    again = found.repetition
    yield line(
        "the bed comes again",
        f"after {again.period_ms / 1000:.1f} s ({again.strength:.0%} alike)" if again else "no",
        f"not under {bounds.repetition / 1000:.0f} s",
        "repetition",
    )
    told: dict[str, int] = {}
    for each in broken:
        told[each.check] = told.get(each.check, 0) + 1
        if told[each.check] <= _TOLD:
            yield f"broken: {each}"
    for check, count in told.items():
        if count > _TOLD:
            yield f"broken: {count - _TOLD} more of the kind {check}; --json tells all"


def to_json(
    found: Measured, bounds: Bounds, preset: str, broken: Sequence[Broken]
) -> dict[str, Any]:
    """All of it; times in seconds, levels in LUFS, LU, dB or dBTP."""
    told = found.told
    again = found.repetition
    gap = found.longest_gap
    return {
        "title": told.title if told else None,
        "length": found.length_ms / 1000,
        "preset": preset,
        "passed": not broken,
        "broken": [
            {
                "check": each.check,
                "at": None if each.at_ms is None else each.at_ms / 1000,
                "what": each.what,
                "advice": each.advice,
            }
            for each in broken
        ],
        "integrated": round(found.integrated, 2),
        "loudness_range": round(found.loudness_range, 2),
        "loudest_moment": round(found.loudest_moment, 2),
        "loudest_short_term": round(found.loudest_short, 2),
        "true_peak": round(found.true_peak, 2),
        "true_peak_at": found.true_peak_at / 1000,
        "speech_to_bed": {
            "exact": found.exact,
            "least": _rounded(min(_ratios(found), default=None)),
            "bound": bounds.over_bed - (0.0 if found.exact else bounds.guess),
        },
        "bed": _rounded(found.bed),
        "cue_spread": _rounded(found.cue_spread),
        "longest_gap": {"start": gap.start_ms / 1000, "end": gap.end_ms / 1000} if gap else None,
        "mono": _loss_json(found.mono),
        "phone": {"whole": round(found.phone_loss, 2), **(_loss_json(found.phone) or {})},
        "clicks": [{"at": each.at_ms / 1000, "over": each.over} for each in found.clicks],
        "clipping": [{"at": each.at_ms / 1000, "cue": each.cue} for each in found.clipped],
        "silence": [
            {"start": each.start_ms / 1000, "end": each.end_ms / 1000} for each in found.silences
        ],
        "repetition": (
            {"period": again.period_ms / 1000, "strength": again.strength} if again else None
        ),
        "cues": (
            [
                {
                    "start": cue.start_ms / 1000,
                    "end": cue.end_ms / 1000,
                    "text": cue.text,
                    "state": str(cue.state),
                    "off": cue.off_ms / 1000,
                    "loudness": round(cue.loudness, 2),
                    "over_bed": _rounded(cue.over_bed),
                    "over_bed_phone": _rounded(cue.over_bed_phone),
                }
                for cue in found.cues
            ]
            if found.cues is not None
            else None
        ),
    }


def _ratios(found: Measured) -> list[Db]:
    return [cue.over_bed for cue in found.cues or () if cue.over_bed is not None]


def _over_bed(found: Measured) -> str:
    ratios = sorted(_ratios(found))
    if not ratios:
        return _UNKNOWN if found.cues is None else "unknown: no bed is heard by itself"
    about = "" if found.exact else "about "
    return f"{about}{ratios[0]:.1f} LU at least, {ratios[len(ratios) // 2]:.1f} in the middle"


def _cues(found: Measured) -> str:
    return _UNKNOWN if found.cues is None else f"{len(found.cues)}"


def _gap(found: Measured) -> str:
    gap = found.longest_gap
    if gap is None:
        return _UNKNOWN
    return f"{(gap.end_ms - gap.start_ms) / 1000:.0f} s from {clock(gap.start_ms)} on"


def _loss(loss: Loss | None, whole: Db | None = None) -> str:
    if loss is None:
        return f"{whole:.1f} LU" if whole is not None else _UNKNOWN
    bed = "" if loss.bed is None else f", bed {loss.bed:.1f}"
    return f"words {loss.speech:.1f} LU{bed}"


def _silences(found: Measured) -> str:
    if not found.silences:
        return "none"
    total = sum(each.end_ms - each.start_ms for each in found.silences)
    return f"{total} ms in {len(found.silences)}"


def _loss_json(loss: Loss | None) -> dict[str, Db | None] | None:
    return {"speech": round(loss.speech, 2), "bed": _rounded(loss.bed)} if loss else None


def _rounded(value: Db | None) -> Db | None:
    return None if value is None else round(value, 2)
