"""Everything that can be asked for, put together before the door opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audiocoach.artwork import cover
from audiocoach.errors import SoundError
from audiocoach.share import pages
from audiocoach.share.answers import Held, Opened, Resource, policy_for_style
from audiocoach.share.feed import make_feed
from audiocoach.share.items import Item
from audiocoach.sidecars import SIDECARS
from audiocoach.sidecars.card import STYLE_HASH
from audiocoach.sidecars.chapters import TYPE

_HTML = "text/html; charset=utf-8"
_STATIC = ("page.css", "player.js", "connection.js", "extras.js", "copy.js")
_KINDS = {
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "lrc": "text/plain; charset=utf-8",
    "chapters": TYPE,
    "transcript": "text/markdown; charset=utf-8",
    "card": _HTML,
}
"""The media type of each sidecar."""


@dataclass(frozen=True, slots=True)
class Table:
    """What there is, by name; names begin behind the secret."""

    resources: Mapping[str, Resource]
    moved: Mapping[str, str]
    """Names that lead to others."""
    start: str
    """The name of the page to begin with."""
    files: tuple[Opened, ...] = field(default=())

    def close(self) -> None:
        """Give the files back."""
        for file in self.files:
            file.close()


def make_table(items: Sequence[Item], base: str) -> Table:
    """A page, the sound and what belongs to it for each item; an overview, a feed and its page.

    ``base`` is the whole address that all of it stands under, with a slash at its end.
    Raises ``SoundError`` where a file cannot be opened.
    """
    resources: dict[str, Resource] = {}
    files: list[Opened] = []
    for item in items:
        folder = f"{item.slug}/"
        drawn = cover(item.told.title, item.told.length_ms)
        resources[f"{folder}cover.png"] = _held(drawn, "image/png")
        files.append(_opened(item))
        resources[folder + item.file_name] = Resource(
            files[-1], item.media_type, digest=item.digest
        )
        for name, sidecar in SIDECARS.items():
            headers = policy_for_style(STYLE_HASH) if name == "card" else {}
            resources[f"{folder}{item.slug}{sidecar.suffix}"] = _held(
                sidecar.write(item.told), _KINDS[name], headers
            )
    for item in items:
        page = pages.player(item, more=len(items) > 1)
        resources[f"{item.slug}/"] = _held(page, _HTML)
    for name in _STATIC:
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        resources[name] = _held(pages.data(name), f"{kind}; charset=utf-8")
    feed = make_feed(items, base)
    resources["feed.xml"] = _held(feed, "application/rss+xml; charset=utf-8")
    resources["subscribe.html"] = _held(pages.subscribe(items, base), _HTML)
    moved = {"/": "", **{item.slug: f"{item.slug}/" for item in items}}
    start = ""
    if len(items) == 1:
        start = moved["/"] = moved[""] = f"{items[0].slug}/"
    else:
        resources[""] = _held(pages.overview(items), _HTML)
    return Table(resources, moved, start, tuple(files))


def _opened(item: Item) -> Opened:
    try:
        return Opened(item.path)
    except OSError as error:
        raise SoundError(f"{item.path}: cannot be read ({error.strerror or error})") from error


def _held(content: str | bytes, kind: str, headers: Mapping[str, str] | None = None) -> Resource:
    data = content.encode() if isinstance(content, str) else content
    return Resource(Held(data), kind, headers=headers)
