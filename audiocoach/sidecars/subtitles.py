"""The words in time: SubRip, WebVTT, LRC.

What is said comes from a script and may hold anything; in none of these formats can it
become a time, a tag or a blank line.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from audiocoach.embedded import Embedded, EmbeddedCue
from audiocoach.units import HOUR, MINUTE, SECOND, Ms

_WIDTH = 42
"""Characters in a line of a subtitle, as broadcasters advise."""
_REST: Ms = 3_000
"""From this much silence on, the last words leave the display of an LRC player."""
_BREAK = "\N{ZERO WIDTH SPACE}"


def to_srt(cues: Iterable[EmbeddedCue]) -> str:
    """SubRip: numbered from 1, ``HH:MM:SS,mmm``, a blank line after each."""
    return "".join(
        f"{number}\n{_stamp(cue.start_ms, ',')} --> {_stamp(_end(cue), ',')}\n"
        f"{_lines(_plain(cue.text))}\n\n"
        for number, cue in enumerate(cues, 1)
    )


def to_vtt(cues: Iterable[EmbeddedCue]) -> str:
    """WebVTT (W3C, section 4): the words with ``&``, ``<`` and ``>`` escaped."""
    return "WEBVTT\n" + "".join(
        f"\n{_stamp(cue.start_ms, '.')} --> {_stamp(_end(cue), '.')}\n"
        f"{_escaped(_lines(cue.text))}\n"
        for cue in cues
    )


def to_lrc(told: Embedded) -> str:
    """LRC, as music players show it: ``[mm:ss.hh]words``; an empty line ends words before a rest.

    Hundredths are rounded down, so that no line comes late.
    """
    head = {"ti": told.title, "al": "audiocoach", "la": told.language, "re": "audiocoach"}
    lines = [f"[{tag}:{_one_line(text).replace(']', ')')}]" for tag, text in head.items() if text]
    lines.append(f"[length:{told.length_ms // MINUTE:02}:{told.length_ms % MINUTE // SECOND:02}]")
    lines += _lrc_lines(told)
    return "\n".join(lines) + "\n"


def _lrc_lines(told: Embedded) -> Iterator[str]:
    for cue, after in zip_longest(told.cues, told.cues[1:]):
        text = re.sub(r"[\[<](?=\s*\d)", rf"\g<0>{_BREAK}", _one_line(cue.text))
        yield f"[{_hundredths(cue.start_ms)}]{text}"
        if after is None or after.start_ms - cue.end_ms >= _REST:
            yield f"[{_hundredths(cue.end_ms)}]"


def _end(cue: EmbeddedCue) -> Ms:
    """A subtitle ends after it begins."""
    return max(cue.end_ms, cue.start_ms + 1)


def _stamp(time: Ms, mark: str) -> str:
    hours, rest = divmod(time, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    return f"{hours:02}:{minutes:02}:{rest // SECOND:02}{mark}{rest % SECOND:03}"


def _hundredths(time: Ms) -> str:
    return f"{time // MINUTE:02}:{time % MINUTE // SECOND:02}.{time % SECOND // 10:02}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    """Text in lines, none of them blank."""
    return "\n".join(textwrap.wrap(_one_line(text), _WIDTH, break_on_hyphens=False)) or "-"


def _plain(text: str) -> str:
    """Without what players of SubRip take for an arrow or a tag."""
    text = text.replace("-->", "\N{RIGHTWARDS ARROW}")
    return re.sub(r"<(?=[a-zA-Z/])|\{(?=\\)", rf"\g<0>{_BREAK}", text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
