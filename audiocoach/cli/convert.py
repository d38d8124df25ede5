"""``audiocoach import``: scripts of other programs."""

from __future__ import annotations

from pathlib import Path

import click

from audiocoach.cli.new import write_script


@click.command("import", short_help="Turn another program's script into a routine script.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The script to write; must not be there yet. [default: FILE.md here]",
)
def import_script(file: Path, output: Path | None) -> None:
    """Turn FILE into a routine script: phrases with seconds, or SSML.

    In a file of phrases, as audio-program-generator takes them, each line is a phrase, a
    semicolon and the seconds of silence after it; * is silence alone. SSML begins with
    <speak>. What a script cannot say is told with its line, and kept as a comment.

    \b
    audiocoach import phrases.txt
    audiocoach import talk.ssml -o my-talk.md
    """  # noqa: D301
    from audiocoach.importing import import_file

    made = import_file(file)
    target = output or Path(f"{file.stem}.md")
    write_script(target, made.text)
    for problem in made.warnings:
        click.echo(str(problem), err=True)
    left = len(made.warnings)
    told = f", {left} warning{'s' if left > 1 else ''}" if left else ""
    click.echo(f"{target}: imported from {file}{told}")
