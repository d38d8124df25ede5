from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.layers import LOUDEST, QUIETEST, Layer, layers_text, parse_layers


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("ocean", [("ocean", 0)]),
        ("ocean + bowls -6dB", [("ocean", 0), ("bowls", -6)]),
        ("  rain   +3 dB +  bowls - 2.5 DB ", [("rain", 3), ("bowls", -2.5)]),
        ("rain \N{MINUS SIGN}6dB", [("rain", -6)]),
        ("my sounds/sea 1.ogg -6dB + rain", [("my sounds/sea 1.ogg", -6), ("rain", 0)]),
        ("c++.ogg + a+b.wav", [("c++.ogg", 0), ("a+b.wav", 0)]),
        ("\"sea + rain.ogg\" -6dB + 'take -3dB'", [("sea + rain.ogg", -6), ("take -3dB", 0)]),
        ("'a'+ b", [("a", 0), ("b", 0)]),
        ("none", [("none", 0)]),
        ("don't.wav", [("don't.wav", 0)]),
    ],
)
def test_what_is_written_is_read(text: str, layers: list[tuple[str, float]]) -> None:
    assert parse_layers(text) == tuple(Layer(name, gain) for name, gain in layers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "layer 1 has no name; write names with"),
        ("+", "layer 1 has no name"),
        ("ocean +", "layer 2 has no name"),
        ("ocean + + rain", "layer 2 has no name"),
        ("ocean + '' + rain", "layer 2 has no name"),
        ("ocean + rain -6", 'layer 2, "rain -6": "-6" is no gain; write -6dB'),
        ("rain -6,5dB", '"-6,5dB" is no gain'),
        ("rain -90dB", 'layer 1, "rain", cannot have -90dB; write -60dB to +20dB'),
        ("rain + ocean + rain -6dB", 'layer 3, "rain", stands here twice'),
        ("none + rain", '"none" stands alone'),
        ("none -6dB", '"none" stands alone'),
        ('rain + "sea', 'layer 2: the quote " is not closed'),
        ('"sea" loud', 'layer 1, "sea": "loud" is not understood'),
        (" + ".join("abcdefghi"), "9 layers; the most is 8"),
    ],
)
def test_what_is_wrong_is_told_with_its_layer(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"layer|none") as caught:
        parse_layers(text)
    assert message in str(caught.value)


NAMES = st.text(st.sampled_from("ab +-6dB'./é"), min_size=1).map(str.strip).filter(bool)
GAINS = st.integers(round(QUIETEST * 10), round(LOUDEST * 10)).map(lambda tenths: tenths / 10)


@given(
    st.lists(
        st.builds(Layer, NAMES.filter(lambda name: name != "none"), GAINS),
        min_size=1,
        max_size=8,
        unique_by=lambda layer: layer.name,
    )
)
def test_what_is_printed_is_read_back(layers: list[Layer]) -> None:
    assert parse_layers(layers_text(layers)) == tuple(layers)


@given(st.text(st.sampled_from("ab +-6dB'\"./é\n")))
def test_any_text_is_layers_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        layers = parse_layers(text)
        assert layers
        assert all(layer.name.strip() for layer in layers)
