"""Voices that are fetched, and all that goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest
from fetching import KEY, MODEL, SETTINGS, add, names, needs_piper, run
from repository import Repository, tree

from audiocoach.errors import FetchError, NotFoundError
from audiocoach.voices import adding, fetch, sources, store


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
