"""``audiocoach play`` when its loudspeaker goes away, on a real sound server and a terminal."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from listening import heard, roughness, wait_for
from playing import Server, Terminal, bold

from audiocoach import library
from audiocoach.clips import Clip, ClipCache, clip_key
from audiocoach.routine import Pace
from audiocoach.units import RATE
from audiocoach.voices.catalogue import open_voice

pytestmark = pytest.mark.quiet

VOICE = "pyttsx3"
FIRST = "Breathe in slowly, and out again."
LAST = "That is all."
SCRIPT = f"""---
title: A short rest
ambience: rain
---

# Breathing

{FIRST} [6s]

{LAST} [20s]
"""


@pytest.fixture
def play(
    server: Server, tmp_path: Path, on_terminal: Callable[..., Terminal]
) -> Callable[..., Terminal]:
    script = tmp_path / "rest.md"
    script.write_text(SCRIPT)

    def playing(*options: str) -> Terminal:
        return on_terminal(server.environment, "play", str(script), "--voice", VOICE, *options)

    return playing


def clips() -> dict[str, Clip]:
    voice = open_voice(VOICE, "en-US", Pace.CALM)
    cache = ClipCache(library.cache_folder())
    known = {text: cache.get(clip_key(voice.key, text)) for text in (FIRST, LAST)}
    voice.close()
    return {text: clip for text, clip in known.items() if clip}


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.ended() == 0
    assert terminal.mode == terminal.mode_before


def test_it_goes_on_where_a_loudspeaker_comes_back(
    server: Server, play: Callable[..., Terminal]
) -> None:
    terminal = play()
    terminal.wait_for(bold(FIRST))
    time.sleep(0.8)  # in the middle of the words
    server.ask("unload-module", "module-null-sink")
    terminal.wait_for("The loudspeaker is gone.")
    server.ask("load-module", "module-null-sink", "sink_name=table", "rate=44100", "channels=2")
    server.record("table")
    wait_for(lambda: heard(server.recorded(), clips()) == [FIRST])  # from their beginning
    leave(terminal)
    sound = server.recorded()
    first = np.flatnonzero(np.abs(sound) > 1e-4)[0]
    assert np.abs(sound[first : first + RATE // 10]).max() < 0.3 * np.abs(sound).max()  # it rises
    words = max(roughness(clip.samples / 32767) for clip in clips().values())
    assert roughness(sound) <= 1.3 * words


def test_in_place_of_one_of_ones_choice_it_goes_on_with_the_one_there_is(
    server: Server, play: Callable[..., Terminal]
) -> None:
    described = "sink_properties=device.description=headphones"
    server.ask("load-module", "module-null-sink", "sink_name=ears", described)
    terminal = play("--device", "headphones")
    terminal.wait_for(bold(FIRST))
    server.stop()
    terminal.wait_for("The loudspeaker is gone.")
    server.start()
    server.record()
    wait_for(lambda: heard(server.recorded(), clips())[:1] == [FIRST])
    leave(terminal)


def test_one_can_leave_while_there_is_no_loudspeaker(
    server: Server, play: Callable[..., Terminal]
) -> None:
    terminal = play()
    terminal.wait_for("Breathing")
    time.sleep(1.0)
    server.ask("unload-module", "module-null-sink")
    terminal.wait_for("The loudspeaker is gone.")
    leave(terminal)


def test_a_process_that_was_stopped_goes_on_where_it_was(
    server: Server, play: Callable[..., Terminal]
) -> None:
    terminal = play()
    server.record()
    terminal.wait_for(bold(FIRST))
    wait_for(lambda: heard(server.recorded(), clips()) == [FIRST])
    # In the pause after it: words that are stopped in their middle are not heard in one piece.
    os.kill(terminal.process.pid, signal.SIGSTOP)
    time.sleep(2.5)
    os.kill(terminal.process.pid, signal.SIGCONT)
    wait_for(lambda: heard(server.recorded(), clips()) == [FIRST, LAST])
    leave(terminal)
