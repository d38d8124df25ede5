"""Text is laid out without being changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiocoach.lettering import width, wrap


@given(st.text(max_size=200), st.floats(3, 40))
def test_wrapped_text_is_the_text(text: str, room: float) -> None:
    lines = wrap(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= room + 1e-6 for line in lines)
