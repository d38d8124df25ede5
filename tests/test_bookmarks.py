"""Where routines were left: saved whole, found again, also in a script that has changed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import Start

from audiocoach.live import Command, Times, Where
from audiocoach.live.bookmarks import Bookmark, Bookmarks, Keeper, content
from audiocoach.routine import Routine
from audiocoach.script import expand, parse

TEXT = "# One\n\nSit down. [5s]\n\nBreathe in. [5s]\n\n# Two\n\nBreathe out. [5s]\n\nRest. [5s]\n"
WHOLE = {
    "version": 1,
    "step": 0,
    "offset": 0,
    "said": 0,
    "tempo": 100,
    "finished": False,
    "asked": {},
    "content": "",
    "steps": [],
    "times": [],
}


def routine(text: str = TEXT) -> Routine:
    return expand(parse(text, "x.md"), {})


def left(where: Where, text: str = TEXT) -> Bookmark:
    """A bookmark as a session leaves it, at a place of a routine."""
    made = routine(text)
    from audiocoach.live.bookmarks import _names

    return Bookmark(where, content=content(made), steps=_names(made))


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    bookmarks = Bookmarks(tmp_path / "state" / "sessions", tmp_path / "x.md")
    assert bookmarks.load() is None
    times = (Times(2, 90_000, (None, 5_000)), Times(3, None, (None,)))
    made = replace(
        left(Where(2, 1_234, 1)),
        tempo=125,
        times=times,
        asked={"choices": [["side", "left"]], "length": None},
    )
    bookmarks.save(made)
    assert bookmarks.load() == made
    bookmarks.save(replace(made, finished=True))
    found = bookmarks.load()
    assert found is not None
    assert found.finished
    assert list(bookmarks.path.parent.iterdir()) == [bookmarks.path]


def test_one_of_before_times_were_kept_is_read(tmp_path: Path) -> None:
    bookmarks = Bookmarks(tmp_path, tmp_path / "x.md")
    old = {name: value for name, value in WHOLE.items() if name != "times"}
    bookmarks.path.write_text(json.dumps(old))
    assert bookmarks.load() == Bookmark(Where(0))


def test_each_script_has_its_own(tmp_path: Path) -> None:
    for name in ("a/x.md", "b/x.md", "a/y.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Bookmarks(tmp_path / "state", path).save(left(Where(len(name))))
    assert len(list((tmp_path / "state").iterdir())) == 3
    (tmp_path / "c.md").symlink_to(tmp_path / "a" / "x.md")
    found = Bookmarks(tmp_path / "state", tmp_path / "c.md").load()
    assert found is not None
    assert found.where == Where(6)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"version": 1}', '{"version": 2}', "\udce4"),
        json.dumps({**WHOLE, "step": -1}),
        json.dumps({**WHOLE, "step": 1.5}),
        json.dumps({**WHOLE, "asked": []}),
        json.dumps({**WHOLE, "times": [[0, 10**12, []]]}),
        json.dumps({**WHOLE, "times": [[0, 1]]}),
    ],
)
def test_what_is_no_bookmark_counts_as_none(tmp_path: Path, text: str) -> None:
    bookmarks = Bookmarks(tmp_path, tmp_path / "x.md")
    bookmarks.path.write_bytes(text.encode(errors="surrogateescape"))
    assert bookmarks.load() is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_stands_in_a_field_it_is_read_or_counts_as_none(value: object) -> None:
    from audiocoach.live.bookmarks import _read

    for name in WHOLE:
        try:
            found = _read(json.loads(json.dumps({**WHOLE, name: value})))
        except (ValueError, TypeError, KeyError):
            continue
        found.find(routine())


def test_the_same_routine_is_gone_on_with_at_the_same_place() -> None:
    where = Where(2, 4_000, 1)
    assert left(where).find(routine()) == (where, True)
    moved = routine("\n\n" + TEXT)  # written elsewhere in the file
    assert left(where).find(moved) == (where, True)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (TEXT.replace("# One\n", "# One\n\nWelcome.\n"), Where(3, 4_000, 1)),  # one more before it
        (TEXT.replace("Sit down. [5s]\n\n", ""), Where(1, 4_000, 1)),  # one less
        (TEXT.replace("Rest. [5s]", "Rest now. [9s]"), Where(2, 4_000, 1)),
        (TEXT.replace("Breathe out. [5s]", "Breathe out. [9s]"), Where(2, 4_000, 1)),
        (TEXT.replace("Breathe out.", "Let go."), Where(2)),  # another one in its place
        (TEXT.replace("Breathe out. [5s]\n\n", ""), Where(2)),  # what followed it
        ("# New\n\nAll is new.\n", Where(0)),
    ],
)
def test_a_changed_script_is_gone_on_with_at_the_nearest_step(changed: str, where: Where) -> None:
    assert left(Where(2, 4_000, 1)).find(routine(changed)) == (where, False)


def test_a_bookmark_beyond_the_end_finds_the_end() -> None:
    found, same = left(Where(99)).find(routine(TEXT.replace("5s", "6s")))
    assert (found.step, same) == (3, False)


def test_a_session_is_saved_while_it_goes_on_and_at_its_end(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiocoach.live.bookmarks._EVERY_S", 0.01)
    listener = start(routine())
    bookmarks = Bookmarks(tmp_path, tmp_path / "x.md")
    old = left(Where(3))
    bookmarks.save(old)
    keeper = Keeper(bookmarks, routine(), listener.session.status, {"voice": "auto"})
    keeper.start()
    time.sleep(0.1)
    assert bookmarks.load() == old  # nothing was said yet
    listener.until_words("Breathe in.")
    listener.hear(0.5)
    deadline = time.monotonic() + 10
    while (found := bookmarks.load()) == old or found is None or found.where.step == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    listener.session.do(Command.QUIT)
    listener.until_end()
    ended = keeper.close()
    assert ended == bookmarks.load()
    assert ended is not None
    # In the middle of words, which begin again; the fade is no part of the routine.
    assert (ended.where.step, ended.where.said, ended.where.offset < 50) == (1, 0, True)
    assert not ended.finished


def test_a_session_that_was_heard_to_its_end_is_finished(start: Start, tmp_path: Path) -> None:
    listener = start(routine())
    keeper = Keeper(Bookmarks(tmp_path, tmp_path / "x.md"), routine(), listener.session.status, {})
    listener.until_end()
    ended = keeper.close()
    assert ended is not None
    assert ended.finished


def test_where_nothing_can_be_saved_the_problem_is_told(start: Start, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    listener = start(routine())
    keeper = Keeper(
        Bookmarks(tmp_path / "state", tmp_path / "x.md"), routine(), listener.session.status, {}
    )
    listener.until_words("Breathe in.")
    assert keeper.close() is None
    assert isinstance(keeper.problem, OSError)


_SAVES = """
import sys
from pathlib import Path
from audiocoach.live import Where
from audiocoach.live.bookmarks import Bookmark, Bookmarks
bookmarks = Bookmarks(Path(sys.argv[1]), Path("x.md"))
bookmarks.sweep()
print("ready", flush=True)
n = 0
while True:
    n += 1
    bookmarks.save(Bookmark(Where(n), steps=tuple(str(i) for i in range(500))))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_it_can_be_read_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    bookmarks = Bookmarks(tmp_path, Path("x.md"))
    bookmarks.save(Bookmark(Where(0), steps=("0",) * 500))
    for _ in range(int(os.environ.get("AUDIOCOACH_KILLS", "20"))):
        process = subprocess.Popen(
            [sys.executable, "-c", _SAVES, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.01, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = bookmarks.load()
        assert found is not None
        assert len(found.steps) == 500
    bookmarks.sweep()
    assert list(tmp_path.iterdir()) == [bookmarks.path]
