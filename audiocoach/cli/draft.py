"""``audiocoach draft``: an article as a first script."""

from __future__ import annotations

from pathlib import Path

import click

from audiocoach.cli.new import write_script


@click.command(short_help="Turn a how-to article into a first script.")
@click.argument("article", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The script to write; must not be there yet. [default: ARTICLE.md here, or "
    "ARTICLE-draft.md for an article that ends in .md]",
)
def draft(article: Path, output: Path | None) -> None:
    """Turn ARTICLE (.txt, .md or .html), in English, into the first draft of a script.

    Headings become chapters, sentences that tell to do something become steps with a time
    guessed from their verb, warnings are spoken where they stand; everything else is kept
    as notes that are not spoken. Read it aloud and make it yours.

    \b
    audiocoach draft how-to-give-a-massage.txt
    audiocoach draft article.html -o my-massage.md
    """  # noqa: D301
    from audiocoach.draft import draft as make_draft
    from audiocoach.draft.article import load_article

    loaded = load_article(article)
    target = output or _beside(article)
    made = make_draft(loaded, article.name)
    write_script(target, made.text)
    click.echo(
        f"{target}: {made.chapters} chapters, {made.steps} steps, {made.notes} sentences as notes"
    )


def _beside(article: Path) -> Path:
    return Path(f"{article.stem}-draft.md" if article.suffix == ".md" else f"{article.stem}.md")
