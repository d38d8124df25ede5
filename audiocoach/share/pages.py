"""The pages, from the templates beside this file; everything that is filled in is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Template

from audiocoach.artwork import length_text
from audiocoach.lettering import xml_escaped
from audiocoach.share.items import Item
from audiocoach.units import SECOND, clock

_FOLDER = Path(__file__).parent


@cache
def data(name: str) -> str:
    """A file that travels with the package."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def player(item: Item, *, more: bool) -> str:
    """The page that plays one item; ``more``: there are others, on the page above."""
    told = item.told
    return Template(data("player.html")).substitute(
        title=xml_escaped(told.title),
        language=xml_escaped(told.language or "en"),
        about=_about(item),
        picture="cover.png",
        sound=item.file_name,
        kind=item.media_type,
        slug=item.slug,
        digest=item.digest,
        length=f"{told.length_ms / SECOND:.3f}",
        clock=clock(told.length_ms),
        save_name=xml_escaped(item.save_name),
        megabytes=f"{item.size / 1e6:.1f}",
        chapters="\n".join(_chapters(item)),
        without_chapters="" if told.chapters else " hidden",
        above='<p class="above"><a href="../">All that is shared</a></p>' if more else "",
    )


def overview(items: Sequence[Item]) -> str:
    """The page that lists what is shared."""
    entries = "\n".join(
        f'<li><a href="{item.slug}/"><img src="{item.slug}/cover.png" alt="" width="96" '
        f'height="96"><span><b dir="auto" lang="{xml_escaped(item.told.language or "en")}">'
        f"{xml_escaped(item.told.title)}</b><small>{_about(item)}</small></span></a></li>"
        for item in items
    )
    return Template(data("overview.html")).substitute(
        entries=entries, picture=f"{items[0].slug}/cover.png"
    )


def subscribe(items: Sequence[Item], base: str) -> str:
    """The page that tells the address of the feed; ``base`` ends with a slash."""
    address = f"{base}feed.xml"
    app = ""
    if address.startswith("http://"):  # AntennaPod puts this scheme before an address without one
        link = xml_escaped(address.replace("http:", "antennapod-subscribe:", 1))
        app = f'<a href="{link}">Open in AntennaPod</a>\n'
    return Template(data("subscribe.html")).substitute(
        address=xml_escaped(address), app=app, picture=f"{items[0].slug}/cover.png"
    )


def _about(item: Item) -> str:
    chapters = len(item.told.chapters)
    told = {0: "", 1: ", 1 chapter"}.get(chapters, f", {chapters} chapters")
    return length_text(item.told.length_ms) + told


def _chapters(item: Item) -> list[str]:
    """A link for each, which leads to its place even where there is no script."""
    language = xml_escaped(item.told.language or "en")
    return [
        f'<li><a href="{item.file_name}#t={chapter.start_ms / SECOND:.3f}" '
        f'data-start="{chapter.start_ms / SECOND:.3f}"><span dir="auto" lang="{language}">'
        f"{xml_escaped(chapter.title) or number}</span> "
        f"<time>{clock(chapter.start_ms)}</time></a></li>"
        for number, chapter in enumerate(item.told.chapters, 1)
    ]
