"""What each format makes of any sound and any text: lengths, places, chapters, long texts."""

from __future__ import annotations

import contextlib
from pathlib import Path

import av
import meters
import mutagen
import numpy as np
import pytest
from exporting import KINDS, NASTY, blank, decode, sound, written

from audiocoach import embedded
from audiocoach.errors import SoundError
from audiocoach.sinks.about import Span
from audiocoach.units import RATE


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("frames", [RATE, 46_080, RATE + 17])
def test_a_file_lasts_exactly_as_long_as_what_was_written(
    tmp_path: Path, name: str, frames: int
) -> None:
    path = written(tmp_path / f"a.{name}", sound(frames), blank(frames))
    if name in ("m4a", "m4b"):
        # FFmpeg passes over where an edit list ends; players of films and of Apple do not.
        data = path.read_bytes()
        at = data.index(b"elst")
        assert data[at + 4 : at + 20] == bytes(7) + b"\1" + frames.to_bytes(4, "big") + (
            1024
        ).to_bytes(4, "big")
        assert frames <= len(meters.decode(path)) < frames + 1024
    elif name == "opus":
        assert len(meters.decode(path)) == -(-frames * 48_000 // RATE)
    else:
        assert len(meters.decode(path)) == frames


@pytest.mark.parametrize(("name", "least_db"), [("m4a", 10), ("opus", 10), ("ogg", 20)])
def test_the_sound_is_in_its_place(tmp_path: Path, name: str, least_db: float) -> None:
    """A shift by a millisecond would leave no likeness at all."""
    samples = sound(4 * RATE)
    decoded = decode(written(tmp_path / f"a.{name}", samples, blank(len(samples))))
    middle = slice(RATE, 3 * RATE)
    error = decoded[middle] - samples[middle]
    assert 10 * np.log10(np.mean(samples[middle] ** 2) / np.mean(error**2)) > least_db
    shifted = decoded[RATE + 44 : 3 * RATE + 44] - samples[middle]
    assert 10 * np.log10(np.mean(samples[middle] ** 2) / np.mean(shifted**2)) < 3


@pytest.mark.parametrize("name", KINDS)
def test_no_chapters_and_no_words_are_no_trouble(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / f"a.{name}", sound(9_000), blank(9_000))
    with av.open(str(path), "r") as container:
        assert container.chapters() == []
    assert mutagen.File(path) is not None


@pytest.mark.parametrize("name", KINDS)
def test_long_texts_are_whole(tmp_path: Path, name: str) -> None:
    """Four thousand characters with quotes, emoji and right-to-left script, and a long title."""
    text = (f"{NASTY} " * 80).strip()
    assert len(text) > 4_000
    cues = (Span(100, 400, text), Span(500, 900, NASTY))
    said = blank(RATE, title=text[:500].strip(), summary=text, cues=cues)
    path = written(tmp_path / f"a.{name}", sound(RATE), said)
    tags = mutagen.File(path)
    found = {
        "mp3": lambda: [tags["TIT2"], tags.tags.getall("COMM")[0], tags.tags.getall("USLT")[0]],
        "wav": lambda: [tags["TIT2"], tags.tags.getall("COMM")[0], tags.tags.getall("USLT")[0]],
        "m4a": lambda: [tags["\xa9nam"][0], tags["ldes"][0], tags["\xa9lyr"][0]],
    }.get(name, lambda: [tags[key][0] for key in ("title", "description", "lyrics")])()
    assert list(map(str, found)) == [said.title, text, f"{text}\n{NASTY}"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("count", [1, 255, 700])
def test_many_chapters(tmp_path: Path, name: str, count: int) -> None:
    frames = RATE * 2
    edges = [number * 2_000 // count for number in range(count + 1)]
    spans = tuple(Span(edges[at], edges[at + 1], f"Kapitel {at + 1} „ü“") for at in range(count))
    path = written(tmp_path / f"a.{name}", sound(frames), blank(frames, chapters=spans))
    with av.open(str(path), "r") as container:
        told = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert told == [span.text for span in spans]


@pytest.mark.parametrize("name", ["m4a", "ogg", "flac", "opus"])
def test_a_damaged_file_is_told_or_says_nothing(tmp_path: Path, name: str) -> None:
    told = b'{"format": 1}'
    whole = written(tmp_path / f"a.{name}", sound(9_000), blank(9_000, embedded=told)).read_bytes()
    rng = np.random.default_rng(5)
    path = tmp_path / f"b.{name}"
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 4_000), 4):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data[: rng.integers(1, len(data) + 1)])
        with contextlib.suppress(SoundError):
            embedded.read(path)
