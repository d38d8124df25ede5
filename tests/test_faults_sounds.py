"""A sound that vanishes meanwhile is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulting import TEXTS, names, posix, run

from audiocoach import decode, embedded, library, render


@pytest.mark.parametrize("fault", ["gone", "cut", "replaced"])
@pytest.mark.usefixtures("tones")
def test_a_sound_that_vanishes_meanwhile_is_told(
    bench: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    bed = bench / "bed.mp3"
    shutil.copy(library.data_folder("sounds") / "rain.mp3", bed)
    speak = render.speak

    def meanwhile(*arguments: object) -> None:
        speak(*arguments)  # type: ignore[arg-type]
        if fault == "gone":
            bed.unlink()
        elif fault == "cut":
            os.truncate(bed, 30_000)
        else:
            bed.write_bytes(b"no sound at all" * 9_999)

    monkeypatch.setattr(render, "speak", meanwhile)
    result = run("export", "short.md", "--ambience", "bed.mp3")
    assert "Traceback" not in result.output
    assert (result.exit_code == 0) is (bench / "short.mp3").exists()
    assert names(bench) - {"bed.mp3", "short.mp3"} == {"short.md"}
    if result.exit_code:
        assert result.exit_code == 1
        assert "bed.mp3" in result.stderr
    else:
        told = embedded.read(bench / "short.mp3")
        assert told is not None
        assert len(told.cues) == TEXTS


@posix
def test_a_sound_that_vanishes_while_it_plays_is_told(
    bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decoded as it is heard; then there is nothing to read any more."""
    shutil.copy(library.data_folder("sounds") / "rain.mp3", bench / "bed.mp3")
    batches = decode._batches
    monkeypatch.setattr(
        decode, "_batches", lambda path, packets: batches(path, _pulled(path, packets))
    )
    result = run(
        "play", "short.md", "--ambience", "bed.mp3", "--device", "null", "--speed", "20",
        "--voice", "pyttsx3",
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert "bed.mp3: cannot be read" in result.stderr
    assert "Traceback" not in result.output


def _pulled(path: Path, packets: Iterator[object]) -> Iterator[object]:
    for count, packet in enumerate(packets):
        if path.name == "bed.mp3" and count > 120:
            raise OSError(5, "Input/output error")  # a stick that was pulled out
        yield packet
