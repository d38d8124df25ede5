"""The process that speaks for a live session: JSON lines in, JSON lines out.

The first line says which voice, how, and where the clips are kept. Each further one asks
for cues, which are answered one by one as they have a clip, then by an end. A line that
comes meanwhile stops them. The end of the input ends the process.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from audiocoach.clips import ClipCache
from audiocoach.errors import AudiocoachError
from audiocoach.presets import Tone
from audiocoach.routine import Cue, Pace, Place, Span
from audiocoach.sinks.precedence import others_first
from audiocoach.speech import Speaker
from audiocoach.voices.catalogue import open_cast

_NICE = 10
"""Speaking makes room for the sound."""


def main() -> None:
    """Serve until the input ends or something goes wrong, which is the last line then."""
    others_first(_NICE)  # whatever the session has taken for itself
    # Engines print what they like on standard output; the replies go where nothing else goes.
    replies = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    try:
        _serve(requests, replies)
    except Exception as error:  # noqa: BLE001 - whatever it is, the session reports it
        known = isinstance(error, AudiocoachError)
        message = str(error) if known else f"the voice failed: {error!r}"
        print(json.dumps({"error": type(error).__name__, "message": message}), file=replies)


def _listen(pipe: IO[bytes], requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in pipe:
        requests.put(json.loads(line))
    os._exit(0)  # the session is over, whatever is being spoken


def _serve(requests: queue.SimpleQueue[dict[str, Any]], replies: IO[str]) -> None:
    hello = requests.get()
    with ExitStack() as stack:
        voice = open_cast(hello["voice"], hello["language"], Pace(hello["pace"]))
        stack.callback(voice.close)
        cache = ClipCache(Path(hello["folder"]))
        stack.callback(cache.close)
        speaker = Speaker(voice, cache, Tone(**hello["tone"]))
        while True:
            cues = [
                Cue(
                    wanted["text"],
                    wanted["spoken"],
                    Place(*wanted["place"]),
                    tuple(
                        Span(words, tuple((key, value) for key, value in asked), Place(*place))
                        for words, asked, place in wanted["spans"]
                    ),
                )
                for wanted in requests.get().get("cues", ())
            ]
            if not cues:
                continue
            for known in speaker.speak(cues, stop=lambda: not requests.empty()):
                reply = {"spoken": known.text, "length": known.length, "key": known.key}
                print(json.dumps(reply), file=replies)
            print('{"end": true}', file=replies)


if __name__ == "__main__":
    main()
