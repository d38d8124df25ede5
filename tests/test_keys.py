"""Keys as a terminal sends them."""

from __future__ import annotations

import pytest

from audiocoach.cli.keys import names


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (" q+", ["space", "q", "+"]),
        ("\x1b[C\x1b[D\x1b[A\x1b[B", ["right", "left", "up", "down"]),
        ("\x1bOC\x1bOD", ["right", "left"]),
        ("\r\n", ["enter", "enter"]),
        ("Rd", ["r", "d"]),
        ("\x03", ["ctrl-c"]),
        ("\x1b[5~q", ["q"]),  # page up
        ("\x1b[1;5Cq", ["q"]),  # ctrl-right is not right
        ("\x1bqr", ["r"]),  # alt-q is not q
        ("\x1b", []),
        ("\x1b[", []),
        ("\t\x00é", ["é"]),
    ],
)
def test_keys_are_told_apart(typed: str, keys: list[str]) -> None:
    assert list(names(typed)) == keys
