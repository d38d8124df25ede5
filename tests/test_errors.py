from __future__ import annotations

import inspect

import pytest

from audiocoach import errors
from audiocoach.errors import AudiocoachError, Problem, ScriptError, nearest

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, AudiocoachError)
]


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    drawn = {}
    for line in (errors.__doc__ or "").splitlines():
        words = line.strip("│├└─ ").split()
        if words and words[0].endswith("Error") and words[1].isdigit():
            drawn[words[0]] = int(words[1])
    assert drawn == {kind.__name__: kind.exit_code for kind in CLASSES}


def test_every_problem_of_a_script_is_told_in_order_of_line() -> None:
    late = Problem("a.md", 12, 3, "late", "  [x]", 3)
    soon = Problem("a.md", 2, 1, "soon", "")
    error = ScriptError([late, soon])
    assert error.problems == (soon, late)
    assert str(error) == ("a.md:2:1: error: soon\na.md:12:3: error: late\n      [x]\n      ^^^")


def test_a_caret_stands_under_its_column_even_behind_a_tab() -> None:
    lines = str(Problem("a.md", 1, 3, "here", "\tab", 1)).splitlines()
    assert lines[1].index("b") == lines[2].index("^")


@pytest.mark.parametrize(
    ("name", "names", "hint"),
    [
        ("ocaen", ["rain", "ocean"], '; did you mean "ocean"?'),
        ("xyz", ["rain", "ocean"], "; there is rain, ocean"),
        ("xyz", [], ""),
    ],
)
def test_the_nearest_name_is_offered(name: str, names: list[str], hint: str) -> None:
    assert nearest(name, names) == hint
