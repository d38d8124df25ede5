"""The timeline inside a file: it comes back as it went in, and damage is told."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import meters
import mutagen.id3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach import embedded, render
from audiocoach.clips import ClipCache
from audiocoach.embedded import (
    CHUNK,
    Embedded,
    EmbeddedChapter,
    EmbeddedCue,
    EmbeddedSound,
    from_json,
    to_json,
)
from audiocoach.errors import SoundError
from audiocoach.render import Exported
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import ms_to_frames

SCRIPT = """\
---
title: Schöne Pause
language: de-DE
ambience: rain
---

# Ankommen

!["bell"]

Setz dich hin. [2s] Lass die Schultern sinken.

# Atmen

#[ambience:"drone"]

Atme ein und aus. [for 8s]
"""

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)


@st.composite
def timelines(draw: st.DrawFn) -> Embedded:
    length = draw(st.integers(0, 10_000_000))

    def spans() -> list[tuple[int, int, str]]:
        starts = sorted(draw(st.lists(st.integers(0, length), max_size=5)))
        return [(start, draw(st.integers(start, length)), draw(texts)) for start in starts]

    return Embedded(
        title=draw(texts),
        language=draw(texts),
        preset=draw(texts),
        length_ms=length,
        chapters=tuple(EmbeddedChapter(*span) for span in spans()),
        cues=tuple(EmbeddedCue(*span) for span in spans()),
        sounds=tuple(EmbeddedSound(*span) for span in spans()),
        beds=tuple(draw(st.lists(texts, max_size=3))),
        accessible=draw(st.booleans()),
        program=draw(texts),
    )


@given(timelines())
def test_a_timeline_comes_back_as_it_went_in(timeline: Embedded) -> None:
    assert from_json(to_json(timeline)) == timeline


SAMPLE = Embedded(
    "A pause", "en-US", "phone", 9_000, (), (EmbeddedCue(4_000, 5_000, "Sit."),), (), ("rain",)
)


@given(st.data())
def test_damage_is_told_and_never_worse(data: st.DataObject) -> None:
    """Whatever byte is changed or lost: a timeline or a ``ValueError``."""
    whole = bytearray(to_json(SAMPLE))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        from_json(bytes(whole))
    except ValueError as error:
        assert "timeline" in str(error)  # noqa: PT017  # most changes are no damage


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "not one of audiocoach's"),
        (b'{"audiocoach": true}', "not one of audiocoach's"),
        (b'{"audiocoach": 2}', "update audiocoach"),
        (b'{"audiocoach": 1}', "how long it is"),
        (b'{"audiocoach": 1, "length_ms": NaN}', "how long it is"),
        (b'{"audiocoach": 1, "length_ms": 9, "cues": 7}', '"cues".* no list'),
        (b'{"audiocoach": 1, "length_ms": 9, "cues": [[1, 2, "a"], [0, 1, "b"]]}', "entry 2"),
        (b'{"audiocoach": 1, "length_ms": 9, "cues": [[5, 10, "late"]]}', "entry 1"),
        (b'{"audiocoach": 1, "length_ms": 9, "cues": [[5, 4, "back"]]}', "entry 1"),
        (b'{"audiocoach": 1, "length_ms": 9, "cues": [[1, 2]]}', "entry 1"),
        (b'{"audiocoach": 1, "length_ms": 9, "chapters": [[1, 2, 3]]}', 'text of "chapters"'),
        (b'{"audiocoach": 1, "length_ms": 9, "title": {}}', 'text of "title"'),
        (b'{"audiocoach": 1, "length_ms": 9, "beds": [1]}', 'text of "beds"'),
        (b"0" * (1 << 26), "too many"),
    ],
)
def test_what_is_wrong_is_said(told: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_json(told)


def test_a_terminal_is_told_nothing_but_text() -> None:
    told = json.loads(to_json(SAMPLE))
    told["title"] = "A\x1b[2Jpause\ud800"
    assert from_json(json.dumps(told).encode()).title == "A [2Jpause "


@pytest.fixture(scope="module", params=["out.mp3", "out.wav"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("exported")
    source = folder / "pause.md"
    source.write_text(SCRIPT, encoding="utf-8")
    speaker = Speaker(ToneVoice(), ClipCache(folder / "cache"))
    return render.export(load(source, {}), speaker, folder / request.param)


def test_an_exported_file_tells_its_timeline(exported: Exported) -> None:
    found = embedded.read(exported.path)
    assert found is not None
    timeline = exported.timeline
    assert (found.title, found.language, found.preset) == ("Schöne Pause", "de-DE", "phone")
    assert (found.beds, found.length_ms) == (("rain", "drone"), timeline.length)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in found.cues] == [
        (cue.start, cue.end, cue.cue.text) for cue in timeline.cues
    ]
    assert [(each.start_ms, each.end_ms, each.title) for each in found.chapters] == [
        (each.start, each.end, each.title) for each in timeline.chapters
    ]
    assert [(each.start_ms, each.name) for each in found.sounds] == [
        (each.start, each.sound.name) for each in timeline.sounds
    ]


def test_other_readers_pass_over_it(exported: Exported) -> None:
    frames = ms_to_frames(exported.timeline.length)
    assert len(meters.decode(exported.path)) == frames
    if exported.path.suffix == ".wav":
        with wave.open(str(exported.path)) as file:
            assert (file.getnframes(), file.getnchannels(), file.getsampwidth()) == (frames, 2, 2)
        data = exported.path.read_bytes()
        assert data[36:40] == b"data"
        assert int.from_bytes(data[4:8], "little") == len(data) - 8
    else:
        assert str(mutagen.id3.ID3(exported.path)["TIT2"]) == "Schöne Pause"


def test_a_damaged_timeline_is_told_with_the_file(exported: Exported, tmp_path: Path) -> None:
    data = exported.path.read_bytes()
    damaged = tmp_path / exported.path.name
    damaged.write_bytes(data.replace(b'"length_ms":', b'"length_mx":'))
    with pytest.raises(SoundError, match=rf"{damaged.name}.*how long it is; export it again"):
        embedded.read(damaged)


def test_a_wav_that_is_cut_inside_the_timeline_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVE" + CHUNK + (99).to_bytes(4, "little") + b"{")
    with pytest.raises(SoundError, match="cut short"):
        embedded.read(path)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3", b"no sound at all", b"RIFF" + bytes(40)])
def test_a_foreign_file_tells_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "foreign.bin"
    path.write_bytes(data)
    try:
        assert embedded.read(path) is None
    except SoundError as error:
        assert "tags are damaged" in str(error)  # noqa: PT017  # the stub of a tag may be told
    with pytest.raises(SoundError, match="cannot be read"):
        embedded.read(tmp_path / "none.mp3")
