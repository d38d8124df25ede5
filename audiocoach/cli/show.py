"""``audiocoach show``: what is said when, before anything was spoken."""

from __future__ import annotations

import json
from pathlib import Path

import click

from audiocoach.cli.options import choices_option, format_option, length_option, routine_argument
from audiocoach.units import clock

_PICTURES = (".svg", ".png")


def picture_name(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """A file whose name says what kind of picture it is."""
    if value is not None and value.suffix.lower() not in _PICTURES:
        raise click.BadParameter(f"{value} must end in {' or '.join(_PICTURES)}", ctx, param)
    return value


@click.command(short_help="Show what is said when.")
@routine_argument
@choices_option
@length_option
@format_option("table", "json", "csv", "srt")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=picture_name,
    metavar="FILE",
    help="Draw it instead: .svg, or .png with the extra 'picture'.",
)
def show(
    *,
    routine: str,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    form: str,
    plot: Path | None,
) -> None:
    """Show the timeline of ROUTINE: what is said when, from estimated lengths.

    Needs no voice and makes no sound. What --length leaves to breaks and working times is
    estimated too. csv and srt (subtitles) are UTF-8; the picture shows
    chapters, words, working time and how loud the bed is.

    \b
    audiocoach show back-massage
    audiocoach show back-massage --set position=chair --format json
    audiocoach show back-massage --format srt > back-massage.srt
    audiocoach show back-massage --plot back-massage.svg
    """  # noqa: D301
    from audiocoach import library, listing, render
    from audiocoach.script import load

    loaded = load(library.find_routine(routine), dict(choices))
    timeline = render.estimate(loaded, length)
    if plot is not None:
        from audiocoach import picture
        from audiocoach.sinks.files import whole_file

        drawn = picture.draw(timeline, loaded.title)
        png = plot.suffix.lower() == ".png"
        data = picture.to_png(drawn) if png else drawn.encode()
        with whole_file(plot) as file:
            file.write(data)
        click.echo(f"{plot}: {loaded.title}, about {clock(timeline.length)}")
    elif form == "json":
        told = {"title": loaded.title, "estimated": True, **listing.to_json(timeline)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif form == "csv":
        click.echo(listing.to_csv(timeline).encode(), nl=False)
    elif form == "srt":
        click.echo(listing.to_srt(timeline).encode(), nl=False)
    else:
        click.echo(f"{loaded.title}, about {clock(timeline.length)}")
        click.echo("\n".join(listing.to_lines(timeline)))
