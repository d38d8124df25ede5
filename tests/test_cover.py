"""A cover can be read, whatever the title."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audiocoach import cover
from audiocoach.lettering import width, wrap
from audiocoach.units import HOUR, MINUTE

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawn: str) -> list[ET.Element]:
    return list(ET.fromstring(drawn).iter(f"{SVG}text"))  # noqa: S314 - our own


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_it_tells_the_title_and_the_length() -> None:
    shown = [text.text for text in texts(cover.draw("Relaxing back massage", 31 * MINUTE))]
    assert " ".join(str(text) for text in shown[:-2]) == "Relaxing back massage"
    assert shown[-2:] == ["31 min", "audiocoach"]
    sizes = [int(text.attrib["font-size"]) for text in texts(cover.draw("Hand massage", MINUTE))]
    assert sizes[0] >= 0.1 * cover.SIZE


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (40_000, "40 s"),
        (90_000, "2 min"),
        (59 * MINUTE + 40_000, "1 h 00 min"),
        (2 * HOUR + 5 * MINUTE, "2 h 05 min"),
        (0, "1 s"),
    ],
)
def test_lengths_are_told_as_one_says_them(length: int, words: str) -> None:
    assert cover.length_in_words(length) == words


@given(st.text(max_size=300), st.integers(0, 24 * HOUR))
@example('</text><script>alert("1")</script>&amp;', 1)
@example("W" * 300, 1)
@example("\x00\x1f\ufffe", 1)
def test_no_title_breaks_it_or_leaves_the_picture(title: str, length: int) -> None:
    drawn = cover.draw(title, length)
    assert drawn == cover.draw(title, length)
    assert "script" not in {element.tag for element in ET.fromstring(drawn).iter()}  # noqa: S314
    for text in texts(drawn):
        size, x, y = (float(text.attrib[name]) for name in ("font-size", "x", "y"))
        assert 0 < y < cover.SIZE
        assert size <= y
        assert width(text.text or "") * size <= max(x, cover.SIZE - x)
    assert not re.search(r"href|url\((?!#sky)", re.sub(r">[^<]*<", "><", drawn))


@given(st.text(max_size=200), st.floats(3, 40))
def test_wrapped_text_is_the_text(text: str, room: float) -> None:
    lines = wrap(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= room + 1e-6 for line in lines)


@pytest.mark.parametrize("palette", cover._PALETTES)
def test_words_stand_out_from_every_colour_behind_them(palette: cover._Palette) -> None:
    """WCAG 2.2, 1.4.6: 7 to 1; behind the last lines lie the two darker hills."""
    ink = luminance(cover._INK)
    for behind in (palette.top, palette.bottom, *palette.hills[1:]):
        assert (ink + 0.05) / (luminance(behind) + 0.05) >= 7


def test_titles_are_told_apart_by_their_colours() -> None:
    fills = {re.findall(r'stop-color="(#\w+)"', cover.draw(f"{n}", MINUTE))[0] for n in range(40)}
    assert len(fills) == len(cover._PALETTES)


def test_png_is_as_large_as_podcasts_want() -> None:
    pytest.importorskip("resvg_py")
    data = cover.to_png(cover.draw("Hand massage", 10 * MINUTE))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) == (1400, 1400)
    assert len(data) < 500_000
