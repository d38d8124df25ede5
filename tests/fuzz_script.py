"""Coverage-guided fuzzing of the script language, with atheris.

    python tests/fuzz_script.py -max_total_time=60

Any bytes give a routine or errors with their places: never another exception. What is found
becomes a test.
"""

from __future__ import annotations

from pathlib import Path

import atheris

with atheris.instrument_imports(include=["audiocoach"]):
    from audiocoach.errors import Problem, ScriptError
    from audiocoach.script import expand, parse, to_text

from fuzzing import fuzz

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


if __name__ == "__main__":
    fuzz(one_input, (path.read_bytes()[:2_000] for path in (_ROOT / "scripts").glob("*.md")))
