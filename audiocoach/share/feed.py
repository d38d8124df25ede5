"""A feed that podcast players can subscribe to: RSS 2.0, with the tags of Apple and Podcasting 2.0.

See the RSS 2.0 specification (RSS Advisory Board), Apple's "A Podcaster's Guide to RSS" and
https://github.com/Podcastindex-org/podcast-namespace.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from audiocoach.artwork import SIDE
from audiocoach.lettering import xml_escaped
from audiocoach.share.items import Item
from audiocoach.sidecars.chapters import TYPE
from audiocoach.units import SECOND

_PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the first item, each further one a minute later: the same input gives the same feed."""
_PODCASTS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""The name space of podcasts' identifiers (podcast:guid)."""
_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:podcast": "https://podcastindex.org/namespace/1.0",
}
_TITLE = "audiocoach"
_SUMMARY = "Routines that a calm voice speaks over soft ambient sound."


def make_feed(items: Sequence[Item], base: str) -> str:
    """The feed of what is shared; ``base`` is the address that everything stands under.

    It ends with a slash.
    """
    language = items[0].told.language or "en"
    identity = uuid.uuid5(_PODCASTS, "audiocoach " + " ".join(item.digest for item in items))
    cover = f"{base}{items[0].slug}/cover.png"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        _open("rss", {"version": "2.0", **_NAMESPACES}),
        "<channel>",
        _element("title", items[0].told.title if len(items) == 1 else _TITLE),
        _element("link", base),
        _element("description", _SUMMARY),
        _element("language", language.lower()),
        _element("pubDate", format_datetime(_PUBLISHED, usegmt=True)),
        _element("generator", "audiocoach"),
        _empty(
            "atom:link",
            {"href": f"{base}feed.xml", "rel": "self", "type": "application/rss+xml"},
        ),
        _element("itunes:author", _TITLE),
        _open("itunes:category", {"text": "Health & Fitness"}),
        _empty("itunes:category", {"text": "Alternative Health"}),
        "</itunes:category>",
        _element("itunes:explicit", "false"),
        _element("itunes:type", "serial"),
        _element("itunes:block", "Yes"),
        _element("podcast:guid", str(identity)),
        _element("podcast:locked", "yes"),
        _element("podcast:block", "yes"),
        _element("podcast:medium", "podcast"),
        *_pictures(cover),
    ]
    for number, item in enumerate(items, 1):
        lines += _item(item, number, f"{base}{item.slug}/")
    return "\n".join([*lines, "</channel>", "</rss>"]) + "\n"


def _item(item: Item, number: int, base: str) -> Iterator[str]:
    told = item.told
    yield "<item>"
    yield _element("title", told.title)
    yield _element("link", base)
    yield _element("description", _about(item))
    yield _empty(
        "enclosure",
        {
            "url": base + item.file_name,
            "length": str(item.size),
            "type": item.media_type,
        },
    )
    yield f'<guid isPermaLink="false">audiocoach-{item.digest}</guid>'
    published = _PUBLISHED + timedelta(minutes=number - 1)
    yield _element("pubDate", format_datetime(published, usegmt=True))
    yield _element("itunes:duration", str(max(1, round(told.length_ms / SECOND))))
    yield _element("itunes:explicit", "false")
    yield _element("itunes:episode", str(number))
    yield _element("itunes:episodeType", "full")
    yield from _pictures(f"{base}cover.png", channel=False)
    if told.chapters:
        yield _empty("podcast:chapters", {"url": f"{base}{item.slug}.chapters.json", "type": TYPE})
    if told.cues:
        for suffix, kind in ((".vtt", "text/vtt"), (".srt", "application/x-subrip")):
            yield _empty(
                "podcast:transcript",
                {
                    "url": f"{base}{item.slug}{suffix}",
                    "type": kind,
                    "language": told.language or "en",
                    "rel": "captions",
                },
            )
    yield "</item>"


def _about(item: Item) -> str:
    """What the item is: its chapters, which say more than any summary."""
    titles = [chapter.title for chapter in item.told.chapters if chapter.title.strip()]
    return ", ".join(titles[:50]) or item.told.title or "A routine."


def _pictures(address: str, *, channel: bool = True) -> Iterator[str]:
    yield _empty("itunes:image", {"href": address})
    if channel:
        yield _empty(
            "podcast:image",
            {"href": address, "type": "image/png", "width": str(SIDE), "aspect-ratio": "1/1"},
        )


def _element(name: str, text: str) -> str:
    return f"<{name}>{xml_escaped(text)}</{name}>"


def _open(name: str, attributes: Mapping[str, str]) -> str:
    return f"<{name}{_attributes(attributes)}>"


def _empty(name: str, attributes: Mapping[str, str]) -> str:
    return f"<{name}{_attributes(attributes)}/>"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{xml_escaped(value)}"' for name, value in attributes.items())
