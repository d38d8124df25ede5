"""``audiocoach share``: what it exports, what it tells, when it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")

from sharing import Shared, export, shared

from audiocoach import embedded, library
from audiocoach.cli import cli
from audiocoach.cli.share import _tell as tell
from audiocoach.clips import ClipCache
from audiocoach.identity import digest
from audiocoach.presets import PHONE
from audiocoach.script import load
from audiocoach.share import address, exports
from audiocoach.share.answers import Site
from audiocoach.share.items import make_items
from audiocoach.share.server import Door
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice

SMALL = "---\ntitle: Small\nambience: none\n---\n\n# One\n\nBreathe in. [1s]\n\nBreathe out. [1s]\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def speaker(folder: Path, voice: ToneVoice | None = None) -> Speaker:
    return Speaker(voice or ToneVoice(), ClipCache(folder / "cache"))


# What is exported, and when


def test_an_export_is_used_again_until_something_changes(tmp_path: Path) -> None:
    script = tmp_path / "small.md"
    script.write_text(SMALL)
    voice = speaker(tmp_path)
    first = exports.export(load(script, {}), voice)
    told = embedded.read(first)
    assert told is not None
    assert told.title == "Small"
    written = first.stat().st_mtime_ns, first.stat().st_ino
    again = exports.export(load(script, {}), voice)
    assert (again, again.stat().st_ino) == (first, written[1])
    script.write_text("\n\n".join(SMALL.split("\n\n")) + "\n\n> A note for the reader.\n")
    assert exports.export(load(script, {}), voice) == first
    others = [
        exports.export(load(script, {}), voice, length=20_000),
        exports.export(load(script, {}), voice, ambience="rain"),
        exports.export(load(script, {}), voice, preset=PHONE.accessible()),
        exports.export(load(script, {}), speaker(tmp_path, ToneVoice("other"))),
    ]
    script.write_text(SMALL.replace("out. [1s]", "out. [2s]"))
    others.append(exports.export(load(script, {}), voice))
    assert len({first, *others}) == 6


def test_a_damaged_export_is_made_anew(tmp_path: Path) -> None:
    script = tmp_path / "small.md"
    script.write_text(SMALL)
    first = exports.export(load(script, {}), speaker(tmp_path))
    whole = first.read_bytes()
    first.write_bytes(b"")
    assert exports.export(load(script, {}), speaker(tmp_path)).read_bytes() == whole


def test_another_sound_is_another_export(tmp_path: Path) -> None:
    bell = (library.data_folder("sounds") / "bell.mp3").read_bytes()
    bowl = (library.data_folder("sounds") / "bowl.mp3").read_bytes()
    script = tmp_path / "small.md"
    script.write_text(SMALL.replace("Breathe in.", '!["mine.mp3"]\n\nBreathe in.'))
    digests = set()
    for data in (bell, bowl, bell):
        (tmp_path / "mine.mp3").write_bytes(data)
        digests.add(digest(load(script, {}), "voice"))
    assert len(digests) == 2


def test_every_layer_of_every_bed_counts(tmp_path: Path) -> None:
    rain = (library.data_folder("sounds") / "rain.mp3").read_bytes()
    ocean = (library.data_folder("sounds") / "ocean.mp3").read_bytes()
    script = tmp_path / "small.md"
    script.write_text(SMALL.replace("none", "drone + mine.mp3 -6dB"))
    digests = set()
    for data in (rain, ocean, rain):
        (tmp_path / "mine.mp3").write_bytes(data)
        digests.add(digest(load(script, {}), "voice"))
    assert len(digests) == 2


def test_old_exports_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_MOST", 2)
    script = tmp_path / "small.md"
    script.write_text(SMALL)
    for number, length in enumerate((18_000, 19_000, 20_000)):
        path = exports.export(load(script, {}), speaker(tmp_path), length=length)
        os.utime(path, (number + 1, number + 1))
    kept = {path.stat().st_mtime for path in path.parent.glob("*.mp3")}
    assert kept == {2, 3}


# When it ends


def test_it_ends_when_nobody_came_for_a_while() -> None:
    now = [0.0]
    door = Door(Site("secret", frozenset(), {}), idle_s=60, now=lambda: now[0])
    door._opened = lambda: now.__setitem__(0, 61.0)
    assert door.open(address.listen(["127.0.0.1"], 0)) == "idle"


def test_only_those_who_know_the_secret_keep_it_open(tmp_path: Path) -> None:
    with shared([export(tmp_path)]) as opened:
        visits: list[str] = []
        opened.door.visited = lambda: visits.append("x")  # type: ignore[method-assign]
        site = opened.door.config.app
        assert isinstance(site, Site)
        site.visited = opened.door.visited
        opened.get("/")
        opened.get("/guess/")
        assert not visits
        opened.get(opened.sound, {"Range": "bytes=0-1"})
        assert visits


@pytest.mark.parametrize(
    ("opened_at", "whom"),
    [
        ("127.0.0.1", "this machine only"),
        ("::1", "this machine only"),
        ("192.168.1.20", "whoever has this address in the local network"),
        ("100.101.102.103", "whoever has this address in the local network"),
        ("8.8.8.8", "whoever has this address and reaches this machine, from anywhere"),
    ],
)
def test_one_line_tells_what_is_open_to_whom_and_for_how_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opened_at: str, whom: str
) -> None:
    path = export(tmp_path)
    items = make_items([(path, name) for name in "abcdefg"])
    tell(items, "http://x/", opened_at, 90_000)
    address_line, line = capsys.readouterr().out.splitlines()
    assert address_line == "http://x/"
    title = items[0].told.title
    assert line == (
        f"Open to {whom}: {', '.join([title] * 5)} and 2 more. "
        "It closes with Ctrl-C, or when nobody came for 1m30s."
    )


def test_what_cannot_be_shared_is_told_before_anything_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    (tmp_path / "small.md").write_text(SMALL)
    assert run("share").exit_code == 2
    assert "name what to share" in run("share").output
    wrong = run("share", "small.md", "back-masage")
    assert wrong.exit_code == 2
    assert 'did you mean "back-massage"' in wrong.output
    assert "no file at none.mp3" in run("share", "small.md", "none.mp3").output
    assert run("share", "--lan", "--address", "127.0.0.1", "small.md").exit_code == 2
    assert run("share", "--address", "0.0.0.0", "small.md").exit_code == 2  # noqa: S104
    assert run("share", "--address", "everywhere", "small.md").exit_code == 2
    assert run("share", "--address", "no name!", "small.md").exit_code == 2
    assert run("share", "--certificate", "a.pem", "small.md").exit_code == 2
    lacking = run("share", "--certificate", "a.pem", "--key", "a.key", "small.md")
    assert (lacking.exit_code, "a.pem: cannot be read" in lacking.output) == (1, True)
    assert run("share", "--for", "soon", "small.md").exit_code == 2
    (listener,) = address.listen(["127.0.0.1"], 0)
    with listener:
        taken = run("share", "small.md", "--port", str(listener.getsockname()[1]))
    assert taken.exit_code == 1
    assert "another program is there; take another --port" in taken.output
    assert not voice.spoken


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("share", "back-massage")
    assert result.exit_code == 1
    assert "pip install 'audiocoach[share]'" in result.output


# The whole command, in a process of its own

PROBE = """
import audiocoach.voices.catalogue as catalogue, audiocoach.share.address as address
from audiocoach.testing import ToneVoice
catalogue.open_voice = lambda *_: ToneVoice()
address._source = lambda family, there: "127.0.0.1"
from audiocoach.cli import main
main()
"""


@contextmanager
def command(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command once it is open, and the two lines that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROBE, "share", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(2)]
        yield process, lines
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - this machine
        return bytes(answer.read())


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_exports_tells_serves_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "small.md").write_text(SMALL)
    (listener,) = address.listen(["127.0.0.1"], 0)
    port = str(listener.getsockname()[1])
    listener.close()
    with command(tmp_path, "small.md", "--lan", "--port", port) as (
        process,
        (url, told),
    ):
        assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/[\w-]{{32}}/small/", url)
        assert told == (
            "Open to this machine only: Small. It closes with Ctrl-C, or when nobody came for 1h."
        )
        assert b"Small" in fetched(url)
        assert fetched(url + "small.mp3")[:3] == b"ID3"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == code
        assert out == ""
        assert err.endswith("closed\n")
        assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["small.md"]


def test_files_of_this_folder_are_shared_and_it_ends_by_itself(tmp_path: Path) -> None:
    export(tmp_path, name="one.mp3")
    (tmp_path / "other.mp3").write_bytes(b"not of audiocoach")
    with command(tmp_path, "--for", "1s") as (process, (url, told)):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/one/", url)
        assert "when nobody came for 1s" in told
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0
        assert err.endswith("nobody came for 1s; closed\n")


def test_two_runs_have_two_secrets(tmp_path: Path) -> None:
    export(tmp_path, name="one.mp3")
    with command(tmp_path) as (_, (first, _told)), command(tmp_path) as (_, (second, _more)):
        secrets = [url.split("/")[3] for url in (first, second)]
        assert len(set(secrets)) == 2
        assert all(len(secret) >= 22 for secret in secrets)  # 128 bits in base64


def test_a_door_gives_its_port_back(tmp_path: Path) -> None:
    path = export(tmp_path)
    with shared([path]) as opened:
        port = opened.port
    with shared([path], port=port) as opened:
        assert isinstance(opened, Shared)
        assert opened.get(opened.sound, {"Range": "bytes=0-0"})[0] == 206
