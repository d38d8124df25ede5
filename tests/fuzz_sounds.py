"""Coverage-guided fuzzing of the reading of sound files.

    python tests/fuzz_sounds.py -max_total_time=60

Any bytes give bounded sound or a ``SoundError``: never another exception, no crash of the
decoders, no hanging. What is found becomes a test.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["audiocoach"]):
    from audiocoach import decode, embedded
    from audiocoach.errors import SoundError

import numpy as np
from exporting import KINDS, blank, sound, written
from fuzzing import fuzz

from audiocoach.embedded import Embedded, EmbeddedCue
from audiocoach.sinks.about import Span

_FRAMES = 4_410
_ENOUGH = 2_000_000
_PATH = Path(tempfile.mkdtemp()) / "fuzz"


def one_input(data: bytes) -> None:
    """Decode the file, hear some places of it, read what it says of itself."""
    _PATH.write_bytes(data)
    frames = 0
    with contextlib.suppress(SoundError):
        for block in decode.decode(_PATH):
            assert block.dtype == np.float32
            assert block.shape[1:] == (2,)
            assert np.isfinite(block).all()
            frames += len(block)
            if frames > _ENOUGH:
                break
    with contextlib.suppress(SoundError):
        for _ in decode.probe(_PATH, 3, 1_000):
            pass
    with contextlib.suppress(SoundError):
        embedded.read(_PATH)


def examples() -> Iterator[bytes]:
    """A tenth of a second in each format, with all that a file says of itself."""
    spans = (Span(0, 50, "One"), Span(50, 100, "Two"))
    told = Embedded("T", "en", "phone", 100, cues=(EmbeddedCue(0, 50, "One"),))
    about = blank(_FRAMES, chapters=spans, cues=spans, embedded=embedded.to_json(told))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            yield written(Path(folder) / f"a.{kind}", sound(_FRAMES), about).read_bytes()
    yield b"#EXTM3U\n/etc/passwd\nhttp://127.0.0.1/a.mp3\n"


if __name__ == "__main__":
    fuzz(one_input, examples())
