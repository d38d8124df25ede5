"""Coverage-guided fuzzing of the script language, with atheris.

    python tests/fuzz_script.py -max_total_time=60

Any bytes give a routine or errors with their places: never another exception. What is found
is written to ``crash-*`` beside it and becomes a test.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["audiocoach"]):
    from audiocoach.errors import Problem, ScriptError
    from audiocoach.script import expand, parse, to_text

_ROOT = Path(__file__).parents[1]


def one_input(data: bytes) -> None:
    """Parse, unroll and print whatever comes."""
    problems: tuple[Problem, ...] = ()
    try:
        document = parse(data, "fuzz.md")
    except ScriptError as error:
        problems = error.problems
    else:
        parse(to_text(document), "fuzz.md")  # what is printed is read again
        try:
            expand(document, {})
        except ScriptError as error:
            problems = error.problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)


def main() -> None:
    """Begin with the routines of the library, and go on from there."""
    with tempfile.TemporaryDirectory() as corpus:
        for script in (_ROOT / "scripts").glob("*.md"):
            (Path(corpus) / script.name).write_bytes(script.read_bytes()[:2_000])
        atheris.Setup([*sys.argv, "-timeout=10", "-rss_limit_mb=1024", corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
