"""Keys as a terminal sends them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.cli.typed import KEYS, names


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (" q+", ["space", "q", "+"]),
        ("\x1b[C\x1b[D\x1b[A\x1b[B", ["right", "left", "up", "down"]),
        ("\x1bOC\x1bOD", ["right", "left"]),
        ("\r\n", ["enter", "enter"]),
        ("Rd", ["r", "d"]),
        ("\x03", ["ctrl-c"]),
        ("\x1b[5~\x1b[6~q", ["pageup", "pagedown", "q"]),
        ("\x1b[H\x1bOF\x1b[1~\x1b[8~", ["home", "end", "home", "end"]),
        ("\x1b[2~\x1b[3~\x7f", ["insert", "delete", "backspace"]),
        ("\x1bOP\x1b[[E\x1b[15~\x1b[24~", ["f1", "f5", "f5", "f12"]),
        ("\x1b[25~\x1b[1;2P\x1b[57376u\x1b[57387u", ["f13", "f13", "f13", "f24"]),
        ("\x1b[15;2~\x1b[34~\x1b[24;2~", ["f17", "f20", "f24"]),
        ("\x1b[1;5Cq", ["other", "q"]),  # ctrl-right is not right
        ("\x1bqr", ["other", "r"]),  # alt-q is not q
        ("\x1b", ["escape"]),
        ("\x1b[", ["other"]),
        ("\t\x00é", ["tab", "é"]),
        ("\x1b[<0;10;5M\x1b[<0;10;5m", ["click"]),  # pressed and let go
        ("\x1b[<2;300;500M\x1b[<18;1;1M", ["click", "click"]),  # right; with Ctrl
        ("\x1b[<64;1;1M\x1b[<65;1;1M", ["wheel-up", "wheel-down"]),
        ("\x1b[<32;1;1M\x1b[<35;1;1M", []),  # moved
        ("\x1b[M !!\x1b[M#!!\x1b[M`!!q", ["click", "wheel-up", "q"]),  # old terminals
        ("\x1b[I\x1b[O\x1b[200~q\x1b[201~", ["q"]),  # focus; pasted
        ("\x1b[12;40R\x1b[?62;22c", []),  # answers of the terminal
    ],
)
def test_keys_are_told_apart(typed: str, keys: list[str]) -> None:
    assert list(names(typed)) == keys


def test_every_key_that_is_told_has_a_name_to_assign() -> None:
    sent = [f"\x1b[{middle}" for middle in ("A", "5~", "24;2~", "<0;1;1M", "<65;1;1M")]
    assert set(names(" \r\t\x7f\x03" + "".join(sent) + "\x1b")) <= KEYS


@given(st.text(st.sampled_from("\x1b[O<;M0123456789m~uPA ~\x00é"), max_size=20))
def test_whatever_comes_is_some_keys_or_none(text: str) -> None:
    assert all(len(name) == 1 or name in KEYS | {"other"} for name in names(text))
