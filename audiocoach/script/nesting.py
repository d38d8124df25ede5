"""The stack of open ``:::`` blocks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from audiocoach.routine import Place
from audiocoach.script.directives import Line, Opener, read_directive
from audiocoach.script.limits import MAX_NESTING
from audiocoach.script.problems import Problems
from audiocoach.script.tree import Block, If, Include, Paragraph


@dataclass(slots=True)
class _Frame:
    opener: Opener | None
    """``None`` for one that is wrong: what it holds is read, then dropped."""
    place: Place
    blocks: list[Block] = field(default_factory=list)
    before_else: list[Block] | None = None


class Nesting:
    """Takes blocks and ``:::`` lines in order and puts the one into the other."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._outermost: list[Block] = []
        self._frames: list[_Frame] = []

    @property
    def blocks(self) -> list[Block]:
        """Where the next block goes."""
        return self._frames[-1].blocks if self._frames else self._outermost

    def lose(self, place: Place) -> None:
        """Keep the place of something that is wrong, so that nothing there looks empty."""
        self.blocks.append(Paragraph((), None, (), place))

    def directive(self, text: str, place: Place) -> None:
        """One ``:::`` line."""
        line = read_directive(text, place, self._problems)
        if line is Line.CLOSE:
            self._close(text, place)
        elif line is Line.ELSE:
            self._else(text, place)
        elif line is Line.LEAF:
            self.lose(place)
        else:
            self._open(None if isinstance(line, Line) else line, text, place)

    def finish(self) -> tuple[Block, ...]:
        """The whole tree; what is still open is a problem."""
        for frame in self._frames[: MAX_NESTING + 1]:
            self._problems.add(frame.place, "this block is not closed; write ::: where it ends", 3)
        while self._frames:
            self._put(self._frames.pop())
        return tuple(self._outermost)

    def _open(self, opener: Opener | None, text: str, place: Place) -> None:
        if len(self._frames) >= MAX_NESTING:
            opener = None
            if len(self._frames) == MAX_NESTING:
                self._problems.add(
                    place, f"blocks are nested too deep; the most is {MAX_NESTING}", len(text)
                )
        self._frames.append(_Frame(opener, place))

    def _else(self, text: str, place: Place) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is None or (frame.opener is not None and not isinstance(frame.opener, If)):
            self._problems.add(place, "::: else has no ::: if that it belongs to", len(text))
        elif frame.before_else is not None:
            self._problems.add(place, "this ::: if has an ::: else already", len(text))
        else:
            frame.before_else = frame.blocks
            frame.blocks = []

    def _close(self, text: str, place: Place) -> None:
        if not self._frames:
            self._problems.add(place, "this ::: closes no block", len(text))
            return
        frame = self._frames.pop()
        if isinstance(frame.opener, Include):
            if frame.blocks:
                self._problems.add(
                    frame.place,
                    "::: include holds nothing; close it with ::: before what follows",
                    len("::: include"),
                )
        elif frame.opener and not (frame.blocks and frame.before_else != []):
            self._problems.add(
                frame.place,
                "this block is empty"
                if frame.before_else is None
                else "one side of this ::: if is empty; leave out ::: else, or write is not",
                3,
            )
        self._put(frame)

    def _put(self, frame: _Frame) -> None:
        inside = tuple(frame.blocks)
        if frame.opener is None:
            self.lose(frame.place)
        elif isinstance(frame.opener, Include):
            self.blocks.append(frame.opener)
        elif isinstance(frame.opener, If) and frame.before_else is not None:
            before = tuple(frame.before_else)
            self.blocks.append(replace(frame.opener, blocks=before, otherwise=inside))
        else:
            self.blocks.append(replace(frame.opener, blocks=inside))
