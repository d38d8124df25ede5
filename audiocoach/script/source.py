"""Reads a script's bytes as clean lines."""

from __future__ import annotations

import codecs
import re

from audiocoach.script.limits import MAX_FILE, MAX_LINES
from audiocoach.script.problems import Problems

_LINE_END = re.compile(r"\r\n?|\n")
"""CommonMark 0.31, section 2.1."""

UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
"""Controls other than tab and line end; halves of surrogate pairs, which is how
``surrogateescape`` hands over bytes that are not UTF-8; marks that are no characters."""

_TOO_MANY = 20
"""Unwanted characters after which a file is not taken for text."""


def read_lines(text: str | bytes, path: str) -> Problems:
    """The lines of ``text`` as ``Problems.lines``, with what is wrong with its characters.

    A byte order mark at the start and all kinds of line ends are taken; an unwanted
    character is reported and stands in the lines as U+FFFD. Raises ``ScriptError`` for
    what is too long or no text.
    """
    _check_size(text, path)
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="surrogateescape")
    raw = _LINE_END.split(text.removeprefix("\ufeff"))
    if len(raw) > MAX_LINES:
        _fail(path, f"the script has {len(raw)} lines; the most is {MAX_LINES}")
    problems = Problems(path, [UNWANTED.sub("\ufffd", line) for line in raw])
    for number, line in enumerate(raw, 1):
        for match in UNWANTED.finditer(line):
            problems.add(problems.place(number, match.start() + 1), _describe(match.group()))
            if len(problems) > _TOO_MANY:
                problems.check()
    return problems


def _check_size(text: str | bytes, path: str) -> None:
    if len(text) > MAX_FILE:
        _fail(path, f"the script is too long; the most is {MAX_FILE} bytes")
    if isinstance(text, bytes) and text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _fail(path, "this file is UTF-16; save it as UTF-8")


def _fail(path: str, message: str) -> None:
    problems = Problems(path, ())
    problems.add(problems.place(1), message)
    problems.check()


def _describe(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"the byte 0x{code - 0xDC00:02X} is not UTF-8; save the file as UTF-8"
    return f"the character U+{code:04X} cannot stand in a script; delete it"
