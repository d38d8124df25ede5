r"""Teaches ``audiocoach.listen`` its phrases: makes ``audiocoach/listen/head.npz``.

    pip install -e ".[dev]" jax optax
    python benchmarks/train_commands.py --kokoro kokoro-js-1.2.1.tgz \
        [--write audiocoach/listen/head.npz]

Synthetic voices say what ``commanding/sayings.py`` has, ``commanding/disturbing.py`` makes of each
several utterances as a microphone hears them, Whisper's encoder hears those, and what is learnt is
which phrase they are and whether they begin with "coach". Seeds are fixed; which processor it runs
on makes a difference in the last digits. It takes an hour on two cores, and 12 GB.

``spoken_control.py`` says how good it is, with other voices; the bounds in ``listen/attention.py``
are chosen with others again, by ``commanding_bounds.py``.
"""

from __future__ import annotations

import argparse
import importlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from commanding.disturbing import Disturbance
from commanding.sayings import WAKE_ALONE, WORDS, Saying, sayings
from commanding.scene import routine
from commanding.speakers import Studio
from numpy.typing import NDArray

from audiocoach import library
from audiocoach.cores import cores
from audiocoach.listen.head import PHRASES as NAMES
from audiocoach.listen.recogniser import Mono, Whisper
from audiocoach.listen.words import PHRASES

_UNSAID = 0.08
"""So much of all is nothing but the routine and noise, against what is said."""
_APART = 0.35
"""So many of the phrases alone are said after "coach" alone."""
_WIDTH, _HIDDEN = 5, 128
_PARTS = 4
"""Of all that is said, by speakers: for as many processes as there are."""
_BATCH, _RATE, _DECAY = 128, 1.5e-3, 1e-2
_NONE = len(WORDS)

Example = tuple[NDArray[np.float16], int, bool]
"""What the encoder made of it, two frames in one; the phrase or ``_NONE``; the wake word."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kokoro", type=Path, required=True, help="see commanding/speakers.py")
    parser.add_argument("--folder", type=Path, default=library.cache_folder() / "benchmarks")
    parser.add_argument("--rounds", type=int, default=24, help="each saying is heard so often")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep what was learnt there")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    said = sayings()
    routine("back-massage", asked.folder)
    speakers = list(dict.fromkeys(one.speaker for one in said))
    parts = [[one for one in said if one.speaker in speakers[at::_PARTS]] for at in range(_PARTS)]
    with ProcessPoolExecutor(cores()) as pool:
        list(pool.map(partial(_say, asked.folder, asked.kokoro), parts))
        print(len(said), "sayings", flush=True)
        numbers = range(asked.rounds * len(parts))
        found = pool.map(partial(_hear, asked.folder), numbers, parts * asked.rounds)
        heard = [one for some in found for one in some]
    print(len(heard), "utterances", flush=True)
    weights = learnt(heard, asked.epochs)
    if asked.write:
        halves = {name: value.astype(np.float16) for name, value in weights.items()}
        named: dict[str, Any] = {NAMES: np.array("|".join(WORDS)), **halves}
        np.savez_compressed(asked.write, **named)


def _say(folder: Path, kokoro: Path, said: list[Saying]) -> None:
    studio = Studio(folder, kokoro)
    try:
        for one in said:
            studio.say(one.speaker, one.text)
    finally:
        studio.close()


def _hear(folder: Path, number: int, said: list[Saying]) -> list[Example]:
    """Each saying once, disturbed in its own way in each round."""
    studio, ear = Studio(folder), Whisper(PHRASES)
    _, phone = routine("back-massage", folder)
    sounds = [(one, studio.say(one.speaker, one.text)) for one in said]
    talk = [sound for one, sound in sounds if not one.phrase and not one.wake]
    wakes = {one.speaker: sound for one, sound in sounds if one.wake and one.text in WAKE_ALONE}
    disturbance = Disturbance(number, phone, talk)
    chance = np.random.default_rng(number)
    heard = []
    for one, sound in sounds:
        parts = [sound]
        if one.phrase and not one.wake and chance.random() < _APART:
            parts.insert(0, wakes[one.speaker])
        phrase = WORDS.index(one.phrase) if one.phrase else _NONE
        encoded = ear.encoded(disturbance.said(*parts))
        heard.append((_pairs(encoded), phrase, one.wake or len(parts) > 1))
    unsaid = (disturbance.unsaid() for _ in range(round(_UNSAID * len(said))))
    return heard + [(_pairs(ear.encoded(sound)), _NONE, False) for sound in unsaid]


def _pairs(encoded: Mono) -> NDArray[np.float16]:
    """As ``Head.scores`` takes two frames for one."""
    even = encoded[: len(encoded) // 2 * 2]
    pairs: NDArray[np.float16] = even.reshape(-1, 2, encoded.shape[1]).mean(axis=1).astype("f2")
    return pairs


def learnt(heard: list[Example], epochs: int) -> dict[str, NDArray[np.float32]]:
    """The weights of ``audiocoach.listen.head``."""
    jax: Any = importlib.import_module("jax")
    optax: Any = importlib.import_module("optax")
    np_: Any = importlib.import_module("jax.numpy")
    sounds = np.stack([one for one, _, _ in heard])
    phrases = np.array([phrase for _, phrase, _ in heard])
    wakes = np.array([wake for _, _, wake in heard], np.float32)
    some = sounds[::7].astype(np.float32)
    mean, deviation = some.mean(axis=(0, 1)), some.std(axis=(0, 1)) + np.float32(1e-3)
    keys = iter(jax.random.split(jax.random.PRNGKey(0), 8))

    def normal(size: float, *shape: int) -> Any:
        return jax.random.normal(next(keys), shape) * size

    inputs, classes = sounds.shape[2], len(WORDS) + 2
    weights = {
        "first": normal((_WIDTH * inputs) ** -0.5, _WIDTH, inputs, _HIDDEN),
        "first_bias": np_.zeros(_HIDDEN),
        "second": normal((3 * _HIDDEN) ** -0.5, 3, _HIDDEN, _HIDDEN),
        "second_bias": np_.zeros(_HIDDEN),
        "where": normal(0.1, _HIDDEN, classes),
        "what": normal(0.1, _HIDDEN, classes),
        "bias": np_.zeros(classes),
    }

    def convolved(signal: Any, kernel: Any) -> Any:
        dimensions = ("NWC", "WIO", "NWC")
        return jax.lax.conv_general_dilated(
            signal, kernel, (1,), "SAME", dimension_numbers=dimensions
        )

    def scores(weights: Any, signal: Any, key: Any) -> Any:
        """As ``Head.scores``, with dropout of channels, and noise."""
        first, second, third = jax.random.split(key, 3)
        kept = jax.random.bernoulli(first, 0.9, (len(signal), 1, inputs)) / 0.9
        signal = signal * kept + 0.3 * jax.random.normal(third, signal.shape)
        hidden = jax.nn.relu(convolved(signal, weights["first"]) + weights["first_bias"])
        hidden *= jax.random.bernoulli(second, 0.8, (len(signal), 1, _HIDDEN)) / 0.8
        hidden = jax.nn.relu(convolved(hidden, weights["second"]) + weights["second_bias"])
        attention = jax.nn.softmax(hidden @ weights["where"], axis=1)
        return (attention * (hidden @ weights["what"])).sum(axis=1) + weights["bias"]

    def loss(weights: Any, signal: Any, phrase: Any, wake: Any, key: Any) -> Any:
        found = scores(weights, signal, key)
        wanted = optax.smooth_labels(jax.nn.one_hot(phrase, len(WORDS) + 1), 0.02)
        of_phrase = optax.softmax_cross_entropy(found[:, :-1], wanted).mean()
        return (
            of_phrase + optax.sigmoid_binary_cross_entropy(found[:, -1], 0.98 * wake + 0.01).mean()
        )

    steps = epochs * (len(sounds) // _BATCH)
    optimiser = optax.adamw(optax.cosine_decay_schedule(_RATE, steps), weight_decay=_DECAY)
    state = optimiser.init(weights)

    def step(weights: Any, state: Any, *batch: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(weights, *batch)
        change, state = optimiser.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, value

    step = jax.jit(step)
    chance = np.random.default_rng(0)
    key = jax.random.PRNGKey(1)
    for epoch in range(epochs):
        order, losses = chance.permutation(len(sounds)), []
        for at in range(0, len(order) - _BATCH + 1, _BATCH):
            which = order[at : at + _BATCH]
            key, now = jax.random.split(key)
            signal = (sounds[which].astype(np.float32) - mean) / deviation
            weights, state, value = step(weights, state, signal, phrases[which], wakes[which], now)
            losses.append(float(value))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    learnt = {name: np.asarray(value) for name, value in weights.items()}
    return {"mean": mean, "deviation": deviation, **learnt}


if __name__ == "__main__":
    main()
