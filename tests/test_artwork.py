"""Covers: pictures that any viewer opens, with the title legible and nothing misspelt."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach import strokes
from audiocoach.artwork import SIDE, cover, length_text


def pixels(png: bytes) -> np.ndarray:
    """Decoded by ffmpeg, shape ``(height, width, 3)``."""
    with av.open(io.BytesIO(png), "r", format="png_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def words_of(picture: np.ndarray) -> np.ndarray:
    """Where something brighter than the sun stands in the sky."""
    return np.asarray(picture[:700].min(axis=2) > 200)


def test_a_cover_is_a_picture_of_the_right_size() -> None:
    data = cover("Back massage", 30 * 60_000)
    assert pixels(data).shape == (SIDE, SIDE, 3)
    assert len(data) < 100_000
    assert pixels(cover("Back massage", 30 * 60_000, 350)).shape == (350, 350, 3)


def test_the_same_title_gives_the_same_bytes_and_another_another_tint() -> None:
    assert cover("Rest", 60_000) == cover("Rest", 60_000)
    corners = {tuple(pixels(cover(title, 60_000))[0, 0]) for title in ("Rest", "Feet", "Hands")}
    assert len(corners) == 3


def test_the_title_is_there_and_inside_the_picture() -> None:
    without = words_of(pixels(cover("", 60_000)))
    assert not without.any()
    for title in ("Rest", "Shoulders and neck", "A massage for the whole of the back, " * 9):
        found = words_of(pixels(cover(title, 60_000)))
        assert found.sum() > 3_000
        assert not found[:80].any()
        assert not found[:, :80].any()
        assert not found[:, -80:].any()


def test_a_title_is_readable_as_a_thumbnail() -> None:
    """At 120 pixels the letters still stand out: each third of a word has dark and bright."""
    small = pixels(cover("Breathing pause", 180_000, 140)).astype(float)
    rows = np.flatnonzero((small[:70].min(axis=2) > 170).any(axis=1))
    assert rows[-1] - rows[0] >= 12
    line = small[rows[0] : rows[0] + 9, 11:90].max(axis=2)
    assert line.max() - np.median(line) > 90


@pytest.mark.parametrize("title", ["עיסוי גב", "背部按摩", "Массаж спины"])
def test_letters_that_cannot_be_drawn_leave_the_picture_and_the_length(title: str) -> None:
    picture = pixels(cover(title, 60_000))
    assert not words_of(picture).any()
    assert (picture[1_150:].min(axis=2) > 200).sum() > 1_000


def test_emoji_are_left_out_and_accents_are_not() -> None:
    assert strokes.drawable("Ruhe 🎧👩🏽‍🚀 — “jetzt”") == 'Ruhe – "jetzt"'
    bare, accented = strokes.lines("oie"), strokes.lines(strokes.drawable("öíê") or "")
    assert len(accented) > len(bare)
    assert strokes.width("oie") == strokes.width(strokes.drawable("öíê") or "")


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_whatever_is_drawable_can_be_drawn(text: str) -> None:
    drawable = strokes.drawable(text)
    if drawable is not None:
        assert strokes.width(drawable) >= 0
        assert strokes.drawable(drawable) == drawable


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "1 min"), (89_999, "1 min"), (1_800_000, "30 min"), (3_900_000, "1 h 05 min")],
)
def test_lengths(length: int, text: str) -> None:
    assert length_text(length) == text


def test_every_letter_of_the_builtin_titles_can_be_drawn() -> None:
    for script in (Path(__file__).parents[1] / "scripts").glob("*.md"):
        title = next(line for line in script.read_text("utf-8").splitlines() if "title:" in line)
        assert strokes.drawable(title.partition(":")[2].strip()), script.name
