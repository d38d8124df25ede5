"""The voice in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.live.apart import SpeakerApart
from audiocoach.routine import Cue, Pace, Place, Routine

VOICE = "pyttsx3"
ROUTINE = Routine("Test", "", "en-US", "rain", Pace.CALM, (), (), "rest.md")


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Callable[[str], SpeakerApart]]:
    made = []

    def opened(voice: str = VOICE) -> SpeakerApart:
        made.append(SpeakerApart(ROUTINE, voice, tmp_path / "cache"))
        return made[-1]

    yield opened
    for speaker in made:
        speaker.close()


def a_cue(text: str) -> Cue:
    return Cue(text, text, Place("rest.md", 7))


def test_a_speaker_apart_speaks(apart: Callable[[], SpeakerApart]) -> None:
    with apart().open() as speaker:
        cues = [a_cue("One."), a_cue("Two."), a_cue("One.")]
        spoken = list(speaker.speak(cues))
        assert sorted(known.text for known in spoken) == ["One.", "Two."]
        for known in spoken:
            assert speaker.clip(a_cue(known.text)).length == known.length
        (again,) = speaker.speak(cues[:1])
        assert again.text == "One."
        many = [a_cue(f"Number {number}.") for number in range(40)]
        assert len(list(speaker.speak(many, stop=lambda: True))) < 40
        assert [known.text for known in speaker.speak(many[:2])] == ["Number 0.", "Number 1."]


def test_a_speaker_apart_tells_what_is_wrong(apart: Callable[[str], SpeakerApart]) -> None:
    with apart("nobody").open() as speaker, pytest.raises(NotFoundError, match='called "nobody"'):
        list(speaker.speak([a_cue("One.")]))
    missing = r"rest\.md:7:1: the cue \"…\" is missing"
    with apart(VOICE).open() as speaker, pytest.raises(SpeechError, match=missing):
        list(speaker.speak([a_cue("…")]))


def test_a_speaker_apart_that_dies_is_an_error(apart: Callable[[], SpeakerApart]) -> None:
    with apart().open() as speaker:
        list(speaker.speak([a_cue("One.")]))
        assert speaker._process
        speaker._process.kill()
        with pytest.raises(SpeechError, match="has ended"):
            list(speaker.speak([a_cue("Two.")]))


def test_a_clip_that_got_lost_is_an_error(
    apart: Callable[[], SpeakerApart], tmp_path: Path
) -> None:
    with apart().open() as speaker:
        list(speaker.speak([a_cue("One.")]))
        shutil.rmtree(tmp_path / "cache")
        with pytest.raises(SpeechError, match=r"rest\.md:7:1"):
            speaker.clip(a_cue("One."))


def test_clips_are_kept_for_the_session_where_the_cache_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with SpeakerApart(ROUTINE, VOICE, tmp_path / "file" / "cache").open() as speaker:
        list(speaker.speak([a_cue("One.")]))
        assert speaker.clip(a_cue("One.")).length > 100
        kept = speaker._folder
    assert not kept.exists()
