from __future__ import annotations

import multiprocessing
from pathlib import Path

import meters
import numpy as np
import pytest

from audiocoach.clips import CLIP_CEILING, CLIP_LOUDNESS, Clip, ClipCache, clip_key, make_clip
from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Cue, Pace, Place
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE
from audiocoach.voices import Speech
from audiocoach.voices.catalogue import open_voice


def cue(text: str, line: int = 7) -> Cue:
    return Cue(text, text, Place("a.md", line))


def speech(level: float = -12.0) -> Speech:
    return ToneVoice(level=level).speak("Glide both hands up to the shoulders.")


def silence(seconds: float, rate: int = 22_050) -> np.ndarray:
    return np.zeros(round(seconds * rate), np.float32)


def clip_of(given: Speech) -> Clip:
    clip = make_clip(given)
    assert clip is not None
    return clip


@pytest.mark.parametrize("level", [-40.0, -20.0, -3.0, 0.0])
def test_every_clip_is_equally_loud_and_has_no_peak_over_the_ceiling(level: float) -> None:
    heard = clip_of(speech(level)).samples.astype(np.float32)[:, None] / 32767
    measured = meters.measure(np.repeat(heard, 2, axis=1))
    assert measured.integrated == pytest.approx(CLIP_LOUDNESS, abs=0.15)
    assert measured.true_peak <= CLIP_CEILING + 0.1


def test_silence_around_the_words_is_cut_and_nothing_of_the_words() -> None:
    words = speech()
    padded = Speech(np.concatenate([silence(0.7), words.samples, silence(1.3)]), words.rate)
    bare, trimmed = clip_of(words), clip_of(padded)
    spoken_ms = len(words.samples) * 1000 / words.rate
    assert spoken_ms - 20 <= trimmed.length <= spoken_ms + 150
    assert abs(bare.length - trimmed.length) <= 130


@pytest.mark.parametrize(
    ("before_s", "level", "gap_s", "kept"),
    [
        (0.02, -45.0, 0.24, False),  # a smack of the lips
        (0.02, -45.0, 0.08, True),  # a soft consonant, and its vowel
        (0.12, -45.0, 0.24, False),  # a breath
        (0.02, -25.0, 0.24, True),  # as loud as a word
    ],
)
def test_a_smack_before_the_first_word_is_no_part_of_it(
    before_s: float, level: float, gap_s: float, kept: bool
) -> None:
    words = speech()
    frames = round(before_s * words.rate)
    first = 10 ** (level / 20) * np.sin(np.arange(frames) * 0.9) * np.abs(words.samples).max()
    smacked = np.concatenate([first.astype(np.float32), silence(gap_s), words.samples])
    more = clip_of(Speech(smacked, words.rate)).length - clip_of(words).length
    expected = 1000 * (before_s + gap_s) if kept else 0
    assert more == pytest.approx(expected, abs=15)


def test_a_smack_on_a_breath_is_no_part_of_the_first_word() -> None:
    words = speech()
    loudest = np.abs(words.samples).max()
    breath = 10 ** (-54 / 20) * loudest * np.sin(np.arange(round(0.4 * words.rate)) * 0.9)
    breath[2_000:2_300] *= 3
    breathed = np.concatenate([breath.astype(np.float32), words.samples])
    more = clip_of(Speech(breathed, words.rate)).length - clip_of(words).length
    assert more == pytest.approx(120, abs=15)


SAYINGS = (
    "Almost done. Next: The quiet end.",
    "Stay on the right side. Next: The upper back.",
    "One last stroke upwards.",
    "Breathe out with each stroke upwards.",
    "Almond oil is a lovely choice. It softens the skin and does not feel greasy.",
    "Set both thumbs there, and draw slow circles, as wide as a coin.",
    "Now breathe in. And out, a little longer.",
)
"""Of those of a massage, the ones whose loudest 3 s were furthest apart."""


@pytest.mark.parametrize("name", ["joe", "pyttsx3"])
def test_the_loudest_3_seconds_of_all_cues_are_within_a_loudness_unit(name: str) -> None:
    try:
        voice = open_voice(name, "en-US", Pace.CALM)
    except NotFoundError as error:
        pytest.skip(str(error))
    loudest = []
    for text in SAYINGS:
        samples = clip_of(voice.speak(text)).samples.astype(np.float64) / 32767
        loudest.append(meters.loudest_short(samples))
    voice.close()
    assert max(loudest) - min(loudest) < 1
    assert np.mean(loudest) == pytest.approx(CLIP_LOUDNESS, abs=0.5)


def test_a_clip_begins_and_ends_without_a_click() -> None:
    samples = clip_of(speech()).samples.astype(int)
    assert abs(samples[0]) < 50
    assert abs(samples[-1]) < 50


def test_silence_is_no_clip() -> None:
    assert make_clip(Speech(silence(2), 22_050)) is None
    assert make_clip(Speech(silence(0), 22_050)) is None


def test_a_clip_comes_back_from_the_cache_as_it_was(tmp_path: Path) -> None:
    clip = clip_of(speech())
    ClipCache(tmp_path).put("ab12", clip)
    found = ClipCache(tmp_path).get("ab12")
    assert found is not None
    np.testing.assert_array_equal(found.samples, clip.samples)
    np.testing.assert_array_equal(found.energies, clip.energies)
    assert ClipCache(tmp_path).get("ab13") is None


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "junk"])
def test_a_damaged_entry_counts_as_missing_and_goes(tmp_path: Path, damage: str) -> None:
    cache = ClipCache(tmp_path)
    cache.put("ab12", clip_of(speech()))
    path = cache.path("ab12")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(
        {"flip": bytes(data), "cut": bytes(data[:500]), "empty": b"", "junk": b"x" * 99}[damage]
    )
    assert cache.get("ab12") is None
    assert not path.exists()


def test_a_cache_that_cannot_be_written_costs_only_the_next_run(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    cache = ClipCache(blocked)
    cache.put("ab12", clip_of(speech()))
    assert cache.get("ab12") is not None
    cache.close()
    assert blocked.read_text() == "a file where the folder should be"


def _put_often(folder: Path) -> None:
    clip = make_clip(ToneVoice().speak("Slow and even."))
    assert clip is not None
    for number in range(40):
        ClipCache(folder).put(f"{number % 4:04}", clip)


def test_two_runs_at_once_leave_whole_entries(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=_put_often, args=(tmp_path,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    assert all(ClipCache(tmp_path).get(f"{number:04}") is not None for number in range(4))
    assert not list(tmp_path.rglob("*.part"))


def test_each_text_is_spoken_once_and_then_comes_from_the_cache(tmp_path: Path) -> None:
    cues = [cue("Breathe in."), cue("Breathe out."), cue("Breathe in.", 9)]
    first, second = ToneVoice(), ToneVoice()
    said = [spoken.text for spoken in Speaker(first, ClipCache(tmp_path)).speak(cues)]
    assert sorted(said) == ["Breathe in.", "Breathe out."]
    assert sorted(first.spoken) == ["Breathe in.", "Breathe out."]
    speaker = Speaker(second, ClipCache(tmp_path))
    assert len(list(speaker.speak(cues))) == 2
    assert second.spoken == []
    assert speaker.length(cues[0]) == speaker.clip(cues[0]).length


def test_what_changes_the_sound_changes_the_key() -> None:
    keys = {clip_key("a", "x"), clip_key("b", "x"), clip_key("a", "y")}
    assert len(keys) == 3


@pytest.mark.parametrize("kind", ["fails", "silent"])
def test_a_cue_that_cannot_be_spoken_is_named(tmp_path: Path, kind: str) -> None:
    voice = ToneVoice(**{kind: ["Turn the head."]})  # type: ignore[arg-type]
    speaker = Speaker(voice, ClipCache(tmp_path))
    with pytest.raises(SpeechError, match=r'a\.md:7:1: the cue "Turn the head\." is missing'):
        list(speaker.speak([cue("Lie down."), cue("Turn the head."), cue("Rest.")]))


def test_a_clip_that_the_cache_lost_is_spoken_again(tmp_path: Path) -> None:
    voice, cache = ToneVoice(), ClipCache(tmp_path)
    speaker = Speaker(voice, cache)
    list(speaker.speak([cue("Rest.")]))
    cache.path(clip_key(voice.key, "Rest.")).unlink()
    assert len(speaker.clip(cue("Rest.")).samples) > RATE // 10
    assert voice.spoken == ["Rest.", "Rest."]


def test_who_leaves_does_not_wait_for_a_voice_that_hangs(tmp_path: Path) -> None:
    voice = ToneVoice(hangs=["Rest."], parallel=2)
    speaking = Speaker(voice, ClipCache(tmp_path)).speak([cue("Lie down."), cue("Rest.")])
    assert next(iter(speaking)).text == "Lie down."
    with pytest.raises(KeyboardInterrupt):
        speaking.throw(KeyboardInterrupt())  # type: ignore[attr-defined]
    assert voice.closed


def test_a_damaged_entry_makes_room(tmp_path: Path) -> None:
    cache, clip = ClipCache(tmp_path), clip_of(speech())
    cache.path("ab12").parent.mkdir()
    cache.path("ab12").write_bytes(b"half")
    assert cache.put("ab12", clip) is clip
    assert cache.get("ab12") is not None


def test_two_runs_that_speak_one_cue_use_one_clip(tmp_path: Path) -> None:
    """A neural voice draws noise: spoken twice, the same words last longer or shorter."""

    class Meanwhile(ToneVoice):
        """Speaks slowly: another run has the words before it."""

        def speak(self, text: str) -> Speech:
            first.append(next(iter(other.speak([words]))).length)
            return super().speak(text)

    words = cue("Rest both hands on the shoulders.")
    first: list[int] = []
    quick, slow = ToneVoice(character_ms=60), Meanwhile(character_ms=90)
    slow.key = quick.key
    other = Speaker(quick, ClipCache(tmp_path))
    mine = Speaker(slow, ClipCache(tmp_path))
    (spoken,) = mine.speak([words])
    assert [spoken.length, mine.clip(words).length] == first + first
    assert other.clip(words).length == first[0]
