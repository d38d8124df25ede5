"""The whole screen as text, whatever its size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audiocoach.cli.screen.digits import large, small
from audiocoach.cli.screen.words import About, key_help, told
from audiocoach.live.status import State, Status
from audiocoach.units import SECOND, clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_MARGIN = 2
_WIDEST = 76
"""Columns of text, also on a wide terminal: long lines are hard to read from afar."""
_LIST = 5
"""So many chapters are more important than the title."""

_ABOVE = ("title", "gap after title", "chapters", "gap after chapters")
_BETWEEN = ("words", "gap after words", "coming")
_BELOW = ("time", "gap after time", "told", "bar", "help")
"""What stands at the top and at the bottom of the terminal, in order."""


def essence(status: Status) -> Status:
    """What of a status is seen, so that nothing is drawn twice."""
    return replace(
        status,
        position=0,
        left=status.left // SECOND,
        step_left=status.step_left // SECOND,
        starts_in=status.starts_in // SECOND,
        where=replace(status.where, offset=0),
    )


def view(console: Console, status: Status, about: About, *, all_keys: bool = False) -> Text:
    """The screen as text that fills ``console`` exactly.

    ``all_keys``: what each key does stands in place of chapters and words.
    """
    from rich.text import Text

    width, height = console.size
    sheet = _Sheet(console, max(1, min(width - 2 * _MARGIN, _WIDEST)), about, status)
    shown = sheet.keys(height) if all_keys and about.keys else sheet.parts(height)
    left = height - sum(map(len, shown.values()))
    lines = [line for name in (*_ABOVE, *_BETWEEN) for line in shown.get(name, [])]
    lines += [Text()] * left
    lines += [line for name in _BELOW for line in shown.get(name, [])]
    margin = " " * min(_MARGIN, max(0, width - 1))
    for line in lines:
        line.truncate(width - len(margin), overflow="crop")
    return Text("\n", no_wrap=True, overflow="crop").join(
        Text(margin).append_text(line) for line in lines
    )


class _Sheet:
    """The parts of one screen."""

    def __init__(self, console: Console, columns: int, about: About, status: Status) -> None:
        self._console, self._columns = console, columns
        self._about, self._status = about, status
        self._ascii = console.options.ascii_only

    def parts(self, height: int) -> dict[str, list[Text]]:
        """What is shown of a routine, at most ``height`` lines."""
        from rich.text import Text

        status, gap = self._status, [Text()]
        words = self._wrapped(status.words, "bold")
        # Room that is kept for longer words: what stands below must not jump.
        words += [Text()] * ((3 if height >= 20 else 2 if height >= 9 else 1) - len(words))
        coming = self._wrapped(f"Next: {status.coming}" if status.coming else "", "dim")
        coming += [Text()] * ((2 if height >= 20 else 1) - len(coming))
        time = self._time(height)
        helped = self._short_help() if self._about.keys else []
        chapters = self._chapters(min(_LIST, len(self._about.chapters)))
        # What is needed least comes last: it is left out where the terminal is too low for it.
        order: list[tuple[str, list[Text]]] = [
            ("bar", [self._bar(labelled=not time)] if height > 1 else []),
            ("words", words),
            ("told", self._wrapped(self._told()) or gap),
            ("chapters", self._chapters(1)),
            ("coming", coming),
            ("gap after words", gap),
            ("gap after chapters", gap),
            ("help", helped),
            ("time", time),
            ("chapters", chapters),
            ("gap after time", gap if time else []),
            ("title", self._wrapped(self._about.title, "dim")),
            ("gap after title", gap),
        ]
        shown: dict[str, list[Text]] = {}
        for name, part in order:
            room = height - sum(len(lines) for other, lines in shown.items() if other != name)
            if len(part) <= room:
                shown[name] = part
            elif name == "words":
                shown[name] = part[: max(0, room)]
        left = height - sum(map(len, shown.values()))
        return shown | {"chapters": self._chapters(len(shown.get("chapters", [])) + left)}

    def keys(self, height: int) -> dict[str, list[Text]]:
        """What the keys do, over the time that is left; at most ``height`` lines."""
        from rich.text import Text

        rows = key_help(arrows=not self._ascii)
        widest = max(len(keys) for keys, _ in rows) + 3
        helped = [Text.assemble(f"{keys:<{widest}}", (does, "dim")) for keys, does in rows]
        bar = [self._bar(labelled=True)] if height > 1 else []
        return {"words": helped[: height - len(bar)], "bar": bar}

    def _wrapped(self, text: str, style: str = "") -> list[Text]:
        from rich.text import Text

        if not text:
            return []
        return list(Text(text, style, overflow="fold").wrap(self._console, self._columns))

    def _chapters(self, most: int) -> list[Text]:
        """The chapter that is heard, and those around it."""
        from rich.text import Text

        titles, now = self._about.chapters, self._status.chapter_number
        count = min(most, len(titles))
        first = max(0, min(now - (count - 1) // 2, len(titles) - count))
        lines = []
        for number in range(first, first + count):
            mark = (">" if self._ascii else "▸") if number == now else " "
            style = "cyan" if number == now else "dim"
            line = Text(f"{mark} {titles[number]}", style)
            line.truncate(self._columns, overflow="crop" if self._ascii else "ellipsis")
            lines.append(line)
        return lines

    def _told(self) -> str:
        status = self._status
        if line := told(status, keys=self._about.keys):
            return line
        if status.state is State.PLAYING and status.step_left >= SECOND:
            return f"{clock(status.step_left)} left in this step"
        return ""

    def _time(self, height: int) -> list[Text]:
        """The time that is left in digits as large as there is room for."""
        from rich.text import Text

        time, label = clock(self._status.left), " left"
        room = self._console.size.width - 2 * _MARGIN - len(label)
        dot = "#" if self._ascii else "█"
        sizes = [(34, large(time, 2, dot)), (20, large(time, 1, dot))]
        if not self._ascii:
            sizes.append((14, small(time)))
        for lowest, drawn in sizes:
            if height >= lowest and len(drawn[0]) <= room:
                lines = [Text(line) for line in drawn]
                lines[-1].append(label, "dim")
                return lines
        return []

    def _bar(self, *, labelled: bool) -> Text:
        """How much of the routine was heard, and the time that is left."""
        from rich.text import Text

        status = self._status
        label = f" {clock(status.left)} left" if labelled else ""
        length = max(0, self._columns - len(label))
        heard = length * max(0, status.position) // max(1, status.position + status.left)
        full, empty = "=-" if self._ascii else "━─"
        return Text.assemble((full * heard, "cyan"), (empty * (length - heard), "dim"), label)

    def _short_help(self) -> list[Text]:
        """The keys that are needed most, in as many lines as they need."""
        from rich.text import Text

        status = self._status
        waits = status.state in (State.PAUSED, State.WAITING_FOR_LISTENER)
        parts = (
            f"space {'go on' if waits else 'pause'}",
            "left/right step" if self._ascii else "← → step",
            "r repeat",
            f"+ - volume {status.volume} %",
            "q quit",
            "? all keys",
        )
        lines = [""]
        for part in parts:
            longer = f"{lines[-1]}   {part}" if lines[-1] else part
            if len(longer) <= self._columns or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(part)
        return [Text(line, "dim") for line in lines]
