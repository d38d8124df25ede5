"""What the fuzzers share: a folder of examples to begin with, and bounds."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris


def fuzz(one_input: Callable[[bytes], None], examples: Iterable[bytes]) -> None:
    """Hand on what libFuzzer makes of the examples, until the time on the command line is up.

    An input that raises, hangs for 20 s or takes 2 GB ends it, and is written to ``crash-*``,
    ``timeout-*`` or ``oom-*`` here.
    """
    with tempfile.TemporaryDirectory() as corpus:
        for number, example in enumerate(examples):
            (Path(corpus) / f"{number:03}").write_bytes(example)
        bounds = ["-timeout=20", "-rss_limit_mb=2048", "-max_len=20000"]
        atheris.Setup([*sys.argv, *bounds, corpus], one_input)
        atheris.Fuzz()
