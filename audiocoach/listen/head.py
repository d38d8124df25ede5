"""What the recogniser's model is taught besides: which of the phrases a sound is, if any.

Two convolutions over what Whisper's encoder makes of a sound, and for each class a mean over
time, weighted by where it is heard (attentive pooling). The weights were learnt from synthetic
speech by ``benchmarks/train_commands.py``; a frozen encoder with a small trained part on it is
how openWakeWord (D. Scripka, 2022) does it with another encoder.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

PHRASES = "phrases"
"""The name in the file of weights of what the classes are, in their order: words, joined by
``|``. After them come none of them, and the wake word."""

_FILE = "head.npz"

Floats = NDArray[np.float32]


class Head:
    """The trained part. Immutable."""

    def __init__(self) -> None:
        with (files("audiocoach.listen") / _FILE).open("rb") as file, np.load(file) as kept:
            self.words = str(kept[PHRASES]).split("|")
            """Of the phrases, in the order of ``scores``."""
            self._parts = {
                name: np.asarray(kept[name], np.float32) for name in kept.files if name != PHRASES
            }

    def scores(self, encoded: Floats) -> tuple[float, NDArray[np.float64]]:
        """From what the encoder made of a sound, shape ``(frames, 384)``, one each 20 ms.

        Returns logarithms of odds: that the wake word is said, against that it is not; and of
        each phrase against none of them.
        """
        parts = self._parts
        pairs = encoded[: len(encoded) // 2 * 2].reshape(-1, 2, encoded.shape[1]).mean(axis=1)
        hidden = (pairs - parts["mean"]) / parts["deviation"]
        for layer in ("first", "second"):
            hidden = np.maximum(_convolved(hidden, parts[layer]) + parts[f"{layer}_bias"], 0.0)
        attention = hidden @ parts["where"]
        attention = np.exp(attention - attention.max(axis=0))
        attention /= attention.sum(axis=0)
        classes = (attention * (hidden @ parts["what"])).sum(axis=0) + parts["bias"]
        count = len(self.words)
        phrases = np.asarray(classes[:count] - classes[count], np.float64)
        return float(classes[count + 1]), phrases


def _convolved(signal: Floats, kernel: Floats) -> Floats:
    """Of the same length: shape ``(n, channels)`` by ``(odd width, channels, others)``."""
    width = len(kernel)
    padded = np.pad(signal, ((width // 2, width // 2), (0, 0)))
    total = np.zeros((len(signal), kernel.shape[2]), np.float32)
    for at in range(width):
        total += padded[at : at + len(signal)] @ kernel[at]
    return total
