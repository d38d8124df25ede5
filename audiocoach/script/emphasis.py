"""Pairs ``*`` and ``_``: the marks around emphasised words, which are not spoken.

A smaller form of CommonMark 0.31, section 6.2: what that leaves in the text as a plain
character has no partner here and is an error, except ``_`` inside a word.
"""

from __future__ import annotations

import unicodedata


class Emphasis:
    """Takes the runs of one text from left to right."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int, int]] = []
        """Character, how many wait for a partner, where they stand."""
        self._waiting = {"*": 0, "_": 0}
        """Entries of ``_open`` by character."""
        self.alone: list[int] = []
        """Where a run stands that found no partner."""

    def take(self, text: str, start: int, end: int) -> bool:
        """One run ``text[start:end]``; ``False`` if it is a plain part of a word."""
        char = text[start]
        left, right = _flanks(text, start, end)
        can_open, can_close = left, right
        if char == "_":
            can_open = left and (not right or _is_mark(text[start - 1]))
            can_close = right and (not left or _is_mark(text[end]))
            if left and right and not can_open and not can_close:
                return False
        count = end - start
        if can_close:
            count = self._close(char, count)
        if count and can_open:
            self._open.append((char, count, start))
            self._waiting[char] += 1
        elif count:
            self.alone.append(start)
        return True

    def finish(self) -> None:
        """Nothing more comes: what is still open stands alone."""
        while self._open:
            self._drop()

    def _close(self, char: str, count: int) -> int:
        while count and self._waiting[char]:
            other, waiting, start = self._open[-1]
            if other != char:
                self._drop()
                continue
            used = min(count, waiting)
            count -= used
            if waiting == used:
                self._open.pop()
                self._waiting[char] -= 1
            else:
                self._open[-1] = (char, waiting - used, start)
        return count

    def _drop(self) -> None:
        char, _, start = self._open.pop()
        self._waiting[char] -= 1
        self.alone.append(start)


def _flanks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether the run is left-flanking, and whether it is right-flanking."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    left = not after.isspace() and (not _is_mark(after) or before.isspace() or _is_mark(before))
    right = not before.isspace() and (not _is_mark(before) or after.isspace() or _is_mark(after))
    return left, right


def _is_mark(char: str) -> bool:
    """A Unicode punctuation character in CommonMark's sense: categories P and S."""
    return unicodedata.category(char)[0] in "PS"
