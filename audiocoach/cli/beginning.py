"""Where a routine begins when it is played: at a chapter, at a step, or where it was left."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.options import LengthParameter
from audiocoach.errors import NotFoundError, nearest

if TYPE_CHECKING:
    from audiocoach.live import Times, Where
    from audiocoach.live.bookmarks import Bookmark, Bookmarks, Keeper
    from audiocoach.routine import Routine, Step

_ASKED: Mapping[str, Callable[[Any], bool]] = {
    "voice": lambda value: isinstance(value, str),
    "ambience": lambda value: value is None or isinstance(value, str),
    "length": lambda value: value is None or (type(value) is int and value > 0),
    "preset": lambda value: isinstance(value, str),
    "accessible": lambda value: isinstance(value, bool),
    "choices": lambda value: (
        isinstance(value, list)
        and all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(x, str) for x in pair)
            for pair in value
        )
    ),
}
"""The options that a resumed session takes over, where they are not given anew."""
_WORDS = 8
"""So many words of a step are told."""


resume_option = click.option(
    "--resume",
    is_flag=True,
    help="Go on where the last session ended, with the options that it had.",
)

from_option = click.option(
    "--from",
    "begin",
    metavar="CHAPTER",
    help="Begin with the chapter of that title, or a part of it; or with step number N.",
)

start_in_option = click.option(
    "--start-in",
    type=LengthParameter(),
    metavar="TIME",
    help="Time to lie down before the first word, e.g. 30s; soft bells count it.",
)

fade_out_option = click.option(
    "--fade-out",
    type=LengthParameter(),
    metavar="TIME",
    help="The sound goes on after the last word and sinks so slowly, e.g. 10m.",
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where to begin, and how."""

    where: Where | None = None
    tempo: int = 100
    times: tuple[Times, ...] = ()
    """Of steps that have others than the tempo gives them."""


@dataclass(slots=True)
class Kept:
    """Where it is kept how far a routine was played."""

    bookmarks: Bookmarks
    asked: Mapping[str, Any]
    """With which options."""
    left: Bookmark | None = None
    """Where it was left, if that could be saved."""

    def close(self, keeper: Keeper) -> None:
        """Save for the last time."""
        self.left = keeper.close()
        if keeper.problem:
            click.echo(f"audiocoach: where you are cannot be saved: {keeper.problem}", err=True)


def bookmarks_of(script: Path) -> Bookmarks:
    """Where it is kept how far a script was played."""
    from audiocoach import library
    from audiocoach.live.bookmarks import Bookmarks

    return Bookmarks(library.state_folder() / "sessions", script)


def asked(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the options."""
    kept = {name: params[name] for name in _ASKED}
    return {**kept, "choices": [list(pair) for pair in kept["choices"]]}


def asked_again(ctx: click.Context, left: Bookmark) -> dict[str, Any]:
    """The options with which a routine was played, where they are not given now."""
    default = click.core.ParameterSource.DEFAULT
    return {
        name: left.asked[name]
        for name, fits in _ASKED.items()
        if name in left.asked
        and ctx.get_parameter_source(name) is default
        and fits(left.asked[name])
    }


def resumed(left: Bookmark | None, routine: Routine) -> Beginning:
    """Where to go on with a routine; tells it."""
    if left is None or left.finished:
        so = "was heard to its end" if left else "was never left in the middle"
        click.echo(f"{routine.title} {so}; it begins at the beginning.", err=True)
        return Beginning()
    where, same = left.find(routine)
    chapter, step = _steps(routine)[min(where.step, len(_steps(routine)) - 1)]
    words = f', "{_first_words(step)}"' if _first_words(step) else ""
    changed = "" if same else "The script has changed since; the nearest step is played. "
    click.echo(f"{changed}Going on in {chapter}{words}", err=True)
    return Beginning(where, left.tempo, left.times if same else ())


def begin_from(routine: Routine, wanted: str) -> Beginning:
    """The first step of a chapter, by its title or a part of it; or a step by its number.

    Raises ``NotFoundError`` that names the nearest.
    """
    from audiocoach.live import Where

    steps = _steps(routine)
    titles = [chapter for chapter, _ in steps]
    plain = wanted.strip().casefold()
    same = [at for at, title in enumerate(titles) if title.casefold() == plain]
    within = [at for at, title in enumerate(titles) if plain and plain in title.casefold()]
    if same or len({titles[at] for at in within}) == 1:
        return Beginning(Where((same or within)[0]))
    if plain.isdecimal() and 1 <= int(plain) <= len(steps):
        return Beginning(Where(int(plain) - 1))
    names = list(dict.fromkeys(titles))
    if within:
        found = ", ".join(dict.fromkeys(titles[at] for at in within))
        raise NotFoundError(f'"{wanted}" is in several chapters: {found}')
    raise NotFoundError(
        f'no chapter of "{routine.title}" is called "{wanted}", and it is no number of a step '
        f"(1 to {len(steps)}){nearest(wanted, names)}"
    )


def how_to_go_on(routine: str, left: Bookmark, loaded: Routine) -> str:
    """What is told when a routine ends early."""
    steps = _steps(loaded)
    where, _ = left.find(loaded)
    chapter, step = steps[min(where.step, len(steps) - 1)]
    words = _first_words(step)
    place = f'{chapter}, "{words}"' if words else chapter
    return f"You left in {place}\nGo on there: audiocoach play {shlex.quote(routine)} --resume"


def _steps(routine: Routine) -> list[tuple[str, Step]]:
    return [(chapter.title, step) for chapter in routine.chapters for step in chapter.steps]


def _first_words(step: Step) -> str:
    from audiocoach.routine import Cue

    text = next((part.text for part in step.parts if isinstance(part, Cue)), "")
    words = text.split()
    return " ".join(words[:_WORDS]) + (" ..." if len(words) > _WORDS else "")
