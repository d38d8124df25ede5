"""What is told of a run, to whom, and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach import library, render
from audiocoach.cli import cli, logs
from audiocoach.testing import ToneVoice

PRIVATE = "Zaubernuss"
SCRIPT = (
    f"---\ntitle: {PRIVATE} one\nambience: rain\nsummary: {PRIVATE}\n---\n\n# {PRIVATE} two\n\n"
    f'He said "{PRIVATE}" and "went" on. [1s]\n'
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ToneVoice:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.md").write_text(SCRIPT)
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    return voice


def logged() -> str:
    return library.log_file().read_text(encoding="utf-8")


@pytest.mark.usefixtures("voice")
def test_each_stage_tells_what_matters() -> None:
    quiet = run("export", "mine.md")
    assert quiet.exit_code == 0
    assert "audiocoach:" not in quiet.stderr
    told = run("-v", "export", "mine.md", "-o", "again.mp3").stderr
    for what in ("voice tone", "1 texts, of which 0 are not", "1 cues, 1 chapters", "as .mp3"):
        assert what in told
    assert "spoke" not in told
    for what in ("audiocoach 0.", "spoke", "1 texts, of which 1 are not", "ended after"):
        assert what in logged()
    assert "ended after" in run("-vv", "export", "mine.md", "-o", "again.mp3").stderr


@pytest.mark.parametrize("fault", ["none", "speech", "script", "bug"])
def test_the_words_of_a_script_are_in_the_log_only_when_asked(
    voice: ToneVoice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    if fault == "speech":
        voice._fails = frozenset([f'He said "{PRIVATE}" and "went" on.'])
    if fault == "script":
        (tmp_path / "mine.md").write_text(SCRIPT + f"\n[5 {PRIVATE}] {{{PRIVATE}}}\n")
    if fault == "bug":

        def broken(*_: object) -> None:
            raise KeyError(PRIVATE)

        monkeypatch.setattr(render, "fitted", broken)
    run("export", "mine.md")
    assert PRIVATE not in logged()
    assert {"none": "ended", "speech": "SpeechError", "script": "mine.md:11", "bug": "KeyError"}[
        fault
    ] in logged()
    run("--log-texts", "export", "mine.md", "-o", "again.mp3")
    assert (PRIVATE in logged()) is (fault in ("speech", "bug"))


@pytest.mark.usefixtures("voice")
def test_a_fault_names_the_log_that_tells_where_it_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(render, "estimate", broken)
    result = run("show", "mine.md")
    assert result.exit_code == 70
    assert str(library.log_file()) in result.stderr
    assert "Traceback" not in result.stderr
    assert "in broken" in logged()
    assert result.stderr.count("ZeroDivisionError") == 1


@pytest.mark.usefixtures("voice")
def test_the_log_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_LARGEST", 2_000)
    for _ in range(20):
        run("check", "mine.md")
    files = list(library.log_file().parent.iterdir())
    assert len(files) == 2
    assert all(file.stat().st_size <= 2_000 for file in files)


@pytest.mark.usefixtures("voice")
def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    folder = library.log_file().parent
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    result = run("export", "mine.md")
    assert result.exit_code == 0
    assert "audiocoach:" not in result.stderr


@pytest.mark.usefixtures("voice")
def test_what_the_system_cannot_do_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/some/where")

    monkeypatch.setattr(render, "load_marks", full)
    monkeypatch.setattr(render, "estimate", full)
    result = run("show", "mine.md")
    assert result.exit_code == 1
    assert result.stderr == "audiocoach: /some/where: No space left on device\n"


@pytest.mark.usefixtures("voice")
def test_the_cache_is_told_and_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "0.0 MB of 2000.0 MB at most" in run("cache").stdout
    run("export", "mine.md")
    told = json.loads(run("cache", "--format", "json").stdout)
    assert told["kinds"]["clip"]["entries"] == 1
    assert told["bytes"] >= told["kinds"]["clip"]["bytes"] > 1_000
    assert told["limit_bytes"] == 2_000_000_000
    assert "spoken cues" in run("cache").stdout
    assert "0 entries are gone" in run("cache", "prune").stdout
    entries = sum(kind["entries"] for kind in told["kinds"].values())
    assert f"{entries} entries are gone" in run("cache", "prune", "--to", "0").stdout
    assert run("cache", "prune", "--to", "much").exit_code == 2
    monkeypatch.setenv("AUDIOCOACH_CACHE_SIZE", "much")
    refused = run("export", "mine.md", "-o", "again.mp3")
    assert refused.exit_code == 1
    assert 'AUDIOCOACH_CACHE_SIZE is "much"' in refused.stderr
