"""``audiocoach new``: a script to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from audiocoach.errors import OutputError

_TEMPLATES = Path(__file__).parents[1] / "templates"
_KINDS = ("massage", "stretching", "breathing")


def _stem(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A name that is a file's everywhere and can stand in a script."""
    from audiocoach.script.names import is_sound

    stem = value.strip().removesuffix(".md")
    plain = stem.replace("-", "").replace("_", "").replace(" ", "")
    if not plain.isalnum() or stem.startswith("-") or not is_sound(f"{stem}.md"):
        raise click.BadParameter(
            f'"{value}" is no name for a script; write letters, digits, - or _, as in warm-hands',
            ctx,
            param,
        )
    return stem


@click.command(short_help="Begin a script of your own.")
@click.argument("name", callback=_stem)
@click.option(
    "--template",
    type=click.Choice(_KINDS),
    default=_KINDS[0],
    show_default=True,
    help="What it shall be about.",
)
def new(name: str, template: str) -> None:
    """Write NAME.md here: a small routine that works, with comments that explain it.

    Change it line by line until it is yours. A file that is there already stays as it is.

    \b
    audiocoach new warm-hands
    audiocoach new morning --template stretching
    """  # noqa: D301
    write_script(Path(f"{name}.md"), template_text(template, name))
    click.echo(f"{name}.md: audiocoach play {name}.md")


def template_text(template: str, name: str) -> str:
    """The script of a template for a routine called ``name``."""
    from audiocoach.script.frontmatter import readable_name

    text = (_TEMPLATES / f"{template}.md").read_text(encoding="utf-8")
    return text.replace("{title}", readable_name(f"{name}.md")).replace("{name}", name)


def write_script(path: Path, text: str) -> None:
    """Write a new file; raises ``OutputError`` where there is one of that name."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(
            f"{path} is there already; take another name, or move it away first"
        ) from None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
