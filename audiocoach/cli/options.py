"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from audiocoach import library
from audiocoach.presets import PRESETS
from audiocoach.units import HOUR, Ms, parse_duration

_F = TypeVar("_F", bound=Callable[..., Any])


class RoutineName(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """The stem of a known routine, or a path; the shell completes both."""

    name = "routine"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Known routines first, then files."""
        del ctx, param
        known = [file.name for file in library.routines() if file.name.startswith(incomplete)]
        return [CompletionItem(name) for name in known] or [CompletionItem(incomplete, type="file")]


class _Choice(click.ParamType):  # type: ignore[type-arg]  # the same
    """``NAME=VALUE``."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, chosen = str(value).partition("=")
        if not (equals and name.strip() and chosen.strip()):
            self.fail(f'"{value}" is not NAME=VALUE, for instance position=chair', param, ctx)
        return name.strip(), chosen.strip()


class _Length(click.ParamType):  # type: ignore[type-arg]  # the same
    """``20m``, in milliseconds."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Ms:
        try:
            length = parse_duration(str(value))
        except ValueError:
            length = 0
        if not 0 < length <= 24 * HOUR:
            self.fail(f'"{value}" is no length; write it like 20m, 1h30m or 90s', param, ctx)
        return length


routine_argument = click.argument("routine", type=RoutineName())

choices_option = click.option(
    "--set",
    "choices",
    type=_Choice(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Make a choice that the script offers, e.g. position=chair. May be repeated.",
)

length_option = click.option(
    "--length",
    type=_Length(),
    metavar="LENGTH",
    help="Make the whole last exactly that long, e.g. 20m: breaks and working times stretch or "
    "shrink, words stay.",
)

voice_option = click.option(
    "--voice",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="One of 'audiocoach voices'; auto takes the neural voice where it is installed.",
)

ambience_option = click.option(
    "--ambience",
    metavar="NAME",
    help="One of 'audiocoach sounds', a sound file, or none; else what the script asks for.",
)

preset_option = click.option(
    "--preset",
    type=click.Choice(tuple(PRESETS)),
    default=next(iter(PRESETS)),
    show_default=True,
    help="What it is made for: levels and tone.",
)

accessible_option = click.option(
    "--accessible",
    is_flag=True,
    help="Keep the sound under words at least 20 dB below them, for ears that find words in "
    "noise hard to follow (W3C G56).",
)


def format_option(*formats: str) -> Callable[[_F], _F]:
    """``--format``, the first of ``formats`` being the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print it.",
    )
