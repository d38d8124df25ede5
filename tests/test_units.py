from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach import units


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5s", 5_000),
        ("1m30s", 90_000),
        ("500ms", 500),
        ("1.5s", 1_500),
        ("1h", 3_600_000),
        ("2m", 120_000),
    ],
)
def test_durations_are_read(text: str, length: int) -> None:
    assert units.parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 s", "30s1m", "5x", "1e3s", "٣s", "9" * 40 + "s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        units.parse_duration(text)


@given(st.integers(0, 10**9))
def test_a_printed_duration_reads_back(length: int) -> None:
    assert units.parse_duration(units.format_duration(length)) == length


@given(st.integers(0, 10**9))
def test_a_span_in_ms_holds_its_frames(frames: int) -> None:
    length = units.frames_to_ms(frames)
    assert units.ms_to_frames(length) >= frames
    assert units.ms_to_frames(length - 1) < frames or frames == 0


@pytest.mark.parametrize(("time", "text"), [(0, "0:00"), (65_999, "1:05"), (3_661_000, "1:01:01")])
def test_a_clock_shows_whole_seconds(time: int, text: str) -> None:
    assert units.clock(time) == text
