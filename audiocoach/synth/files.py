"""From a recipe to an MP3 in ``sounds/`` and a line in its manifest."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import NotFoundError, OutputError, nearest
from audiocoach.loudness import integrated_loudness, loudest_moment
from audiocoach.presets import PRESETS
from audiocoach.sinks.files import whole_file
from audiocoach.sinks.mp3 import makeup
from audiocoach.synth import LEVEL, MANIFEST, RECIPES, Recipe
from audiocoach.tone import bed_toned
from audiocoach.units import RATE, Frames, db_to_gain

_MARGIN: Frames = 4 * 1152
"""What is encoded before and after the loop, so that no frame of it is the encoder's first
or last: the loop's own end and beginning; silence for a mark."""

_DELAY: Frames = 576 + 529
"""Frames by which encoder and decoder of MP3 delay (LAME, ``ENCDELAY`` and ``DECDELAY``)."""

Entry: TypeAlias = dict[str, Any]
"""A sound in the manifest."""


def render(recipe: Recipe) -> NDArray[np.int16]:
    """The sound of ``recipe`` at ``LEVEL``; shape ``(frames, 2)``.

    Its loudness is rounded to 0.001 dB, which hides in what precision it was measured: so
    the result is the same bit for bit with every version of NumPy.
    """
    sound = recipe.function(recipe.frames, recipe.seed)
    sound *= 0.05 / np.sqrt(np.mean(sound * sound))
    measured = sound.astype(np.float32)
    if recipe.kind == "bed":
        loudness = integrated_loudness(measured, circular=True)
    else:
        loudness = loudest_moment(measured)
    gain = db_to_gain(LEVEL - round(loudness, 3))
    return np.asarray(np.rint(sound * (32768.0 * gain)), dtype=np.int16)


def encode(recipe: Recipe, pcm: NDArray[np.int16]) -> bytes:
    """``pcm`` with its margins as MP3, at the level at which it will be decoded as it was."""
    import lameenc

    around = ((_MARGIN, _MARGIN), (0, 0))
    padded = np.pad(pcm, around, mode="wrap" if recipe.kind == "bed" else "constant")
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(2)
    encoder.set_in_sample_rate(RATE)
    encoder.set_out_sample_rate(RATE)
    encoder.set_bit_rate(recipe.kbps)
    encoder.set_quality(2)
    raised = np.rint(padded * db_to_gain(makeup(recipe.kbps) - recipe.coding_gain)).astype("<i2")
    return bytes(encoder.encode(raised.tobytes())) + bytes(encoder.flush())


def toned(pcm: NDArray[np.int16]) -> list[Entry]:
    """The loudness of a bed in the tone of each preset, so that nobody need measure it."""
    around = np.pad(pcm, ((_MARGIN, _MARGIN), (0, 0)), mode="wrap")
    sound = around.astype(np.float32) / np.float32(32768)
    found: list[Entry] = []
    for tone in dict.fromkeys(preset.bed_tone for preset in PRESETS.values()):
        coloured = np.concatenate(list(bed_toned(iter([sound]), tone, trusted=True)))
        loudness = integrated_loudness(coloured[_MARGIN:-_MARGIN], circular=True)
        found.append({"tone": asdict(tone), "loudness": round(loudness, 2)})
    return found


def _encoder() -> str:
    """Names the encoder: its bytes depend on its version and on the machine's arithmetic."""
    return f"lameenc {version('lameenc')} {sys.platform} {platform.machine().lower()}"


def _chosen(names: Iterable[str] | None) -> list[Recipe]:
    known = {recipe.name: recipe for recipe in RECIPES}
    wanted = list(known) if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise NotFoundError(f'no sound is called "{name}"{nearest(name, known)}')
    return [recipe for recipe in RECIPES if recipe.name in wanted]


def make_files(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """See ``audiocoach.synth.make``."""
    recipes = _chosen(names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error
    entries = {entry["name"]: entry for entry in _read_manifest(folder)}
    written = []
    for recipe in recipes:
        pcm = render(recipe)
        data = encode(recipe, pcm)
        entries[recipe.name] = {
            "name": recipe.name,
            "kind": recipe.kind,
            "description": recipe.description,
            "file": f"{recipe.name}.mp3",
            "frames": len(pcm),
            "start": _DELAY + _MARGIN,
            "loudness": LEVEL,
            "toned": toned(pcm) if recipe.kind == "bed" else [],
            "seed": recipe.seed,
            "pcm_sha256": hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest(),
            "file_sha256": hashlib.sha256(data).hexdigest(),
            "encoder": _encoder(),
        }
        written.append(folder / f"{recipe.name}.mp3")
        with whole_file(written[-1]) as file:
            file.write(data)
    listed = [entries[recipe.name] for recipe in RECIPES if recipe.name in entries]
    written.append(folder / MANIFEST)
    with whole_file(written[-1]) as file:
        file.write((json.dumps({"rate": RATE, "sounds": listed}, indent=2) + "\n").encode())
    return written


def verify_files(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """See ``audiocoach.synth.verify``."""
    entries = {entry["name"]: entry for entry in _read_manifest(folder)}
    return [
        f"{recipe.name}: {difference}"
        for recipe in _chosen(names)
        for difference in _differences(folder, recipe, entries.get(recipe.name))
    ]


def _differences(folder: Path, recipe: Recipe, entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield f"not in {MANIFEST}"
        return
    try:
        data = (folder / f"{recipe.name}.mp3").read_bytes()
    except OSError as error:
        yield f"cannot be read: {error}"
        return
    if hashlib.sha256(data).hexdigest() != entry.get("file_sha256"):
        yield f"the file is not the one that {MANIFEST} names"
    pcm = render(recipe)
    if hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest() != entry.get("pcm_sha256"):
        yield "the generator makes another sound than it did"
    elif entry.get("encoder") == _encoder() and encode(recipe, pcm) != data:
        yield "the encoder makes another file than it did"


def _read_manifest(folder: Path) -> list[Entry]:
    """The sounds that ``folder`` has; none where there is no manifest that can be read."""
    try:
        entries = json.loads((folder / MANIFEST).read_bytes())["sounds"]
        return [entry for entry in entries if isinstance(entry["name"], str)]
    except (OSError, ValueError, KeyError, TypeError):
        return []
