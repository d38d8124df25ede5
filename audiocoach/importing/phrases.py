"""Reads files of phrases and seconds, as audio-program-generator takes them.

A line is a phrase, a semicolon and the seconds of silence after it: ``Relax;30``. ``*``
instead of a phrase is silence alone.
"""

from __future__ import annotations

import re

from audiocoach.importing.writer import Imported, Writer
from audiocoach.units import SECOND

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)


def read_phrases(data: bytes, path: str) -> Imported:
    """The script that a file of phrases stands for; raises as ``Writer.finish`` does."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    lines = re.split(r"\r\n?|\n", text)
    writer = Writer(path, lines)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        phrase, semicolon, after = line.rpartition(";")
        length = after.strip()
        if not semicolon or not _SECONDS.fullmatch(length):
            # The other program leaves such a line out without a word.
            column = 1 if not semicolon else len(phrase) + 2
            writer.warn(
                number, column, "this line does not end in ; and seconds; its words are kept"
            )
            phrase, length = line, "0"
        if phrase.strip() != "*":
            writer.say(phrase)
        writer.rest(round(float(length) * SECOND), number, len(line) - len(after) + 1)
        writer.end_step()
    return writer.finish()
