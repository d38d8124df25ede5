"""The only composition of the stages: script -> routine -> clips -> timeline -> mix -> file."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal, TypeVar

from audiocoach import library
from audiocoach.errors import NotFoundError, Problem, RenderError, ScriptError
from audiocoach.fit import Fitted, fit
from audiocoach.presets import PHONE, BedTone, Preset, Tone
from audiocoach.routine import Place, Routine, Sound, Span
from audiocoach.timeline import CueLength, Notice, Spacing, Timeline, estimated_length, schedule
from audiocoach.units import Ms, clock, ms_to_frames

if TYPE_CHECKING:
    from audiocoach.ambience import Ambience
    from audiocoach.embedded import Embedded
    from audiocoach.master import Master
    from audiocoach.mix import Stems, Stereo
    from audiocoach.sidecars import Sidecar
    from audiocoach.soundbank import SoundInfo
    from audiocoach.speech import Speaker

_log = logging.getLogger(__name__)

_Made = TypeVar("_Made")

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    path: Path
    """The file; of a routine in several files, the playlist."""
    timeline: Timeline
    files: tuple[Path, ...]
    """All files with sound."""
    master: Master


def estimate(routine: Routine, length: Ms | None = None) -> Timeline:
    """The timeline from estimated lengths: needs no voice, no sound and no time.

    Raises ``ScriptError`` as ``find_sounds`` does, ``LengthError`` as ``fitted`` does.
    """
    lengths = {name: info.length for name, info in find_sounds(routine).items()}
    cue_length = partial(estimated_length, pace=routine.pace)
    found = fitted(routine, cue_length, lengths, length)
    return schedule(found.routine, cue_length, lengths, found.spacing)


def fitted(
    routine: Routine,
    cue_length: CueLength,
    sound_lengths: Mapping[str, Ms],
    length: Ms | None,
) -> Fitted:
    """The routine made as long as ``length``, or else as long as its script asks for.

    Raises ``LengthError`` where that is not possible.
    """
    wanted = length or routine.length
    if wanted is None:
        return Fitted(routine, Spacing())
    return fit(routine, cue_length, sound_lengths, wanted)


def find_sounds(routine: Routine) -> dict[str, SoundInfo]:
    """Each sound that a routine calls for, by the name it is called by.

    Raises ``ScriptError`` with the places of those that are not there.
    """
    from audiocoach.soundbank import find_sound

    found: dict[str, SoundInfo] = {}
    problems: dict[Problem, None] = {}
    for part in routine.parts():
        if isinstance(part, Sound) and part.name not in found:
            try:
                found[part.name] = find_sound(part.name, Path(routine.path).parent)
            except NotFoundError as error:
                problems[problem_at(part.place, str(error))] = None
    if problems:
        raise ScriptError(list(problems))
    return found


def script_lines(path: Path) -> list[str]:
    """The lines of a script, counted as its errors count them."""
    return re.split(r"\r\n?|\n", path.read_text(encoding="utf-8-sig"))


def problem_at(
    place: Place, message: str, severity: Literal["error", "warning"] = "error"
) -> Problem:
    """A problem at a place of a script, with the line as it stands in the file."""
    try:
        lines = script_lines(Path(place.path))
    except (OSError, UnicodeDecodeError):
        lines = []
    source = lines[place.line - 1] if place.line <= len(lines) else ""
    return Problem(place.path, place.line, place.column, message, source, severity=severity)


@contextmanager
def open_speaker(routine: Routine, voice: str, tone: Tone = PHONE.tone) -> Iterator[Speaker]:
    """A speaker with the voice called ``voice``, in the routine's language and at its pace."""
    from audiocoach import cache as entries
    from audiocoach.voices.catalogue import open_cast

    # A voice may be a process, which starts while all else is loaded.
    opening = _begun(partial(open_cast, voice, routine.language, routine.pace))
    from audiocoach.clips import ClipCache
    from audiocoach.speech import Speaker

    for name in _NEEDED_LATER:
        import_module(name)
    with ExitStack() as stack:
        stack.enter_context(entries.in_use(library.cache_folder()))
        opened = opening.result()
        _log.info("voice %s: %s", opened.voice.info.name, opened.voice.key)
        stack.callback(opened.close)
        cache = ClipCache(library.cache_folder())
        stack.callback(cache.close)
        yield Speaker(opened, cache, tone)


_NEEDED_LATER = ("audiocoach.early", "audiocoach.sinks.outputs")
"""By whoever lets a routine be spoken."""


def _begun(work: Callable[[], _Made]) -> Future[_Made]:
    """What ``work`` makes in a thread of its own, which nobody waits for in the end."""
    made: Future[_Made] = Future()

    def make() -> None:
        try:
            made.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever asks for it is told
            made.set_exception(error)

    Thread(target=make, name="begun", daemon=True).start()
    return made


def voice_notices(spans: Iterable[Span], routine: Routine, voice: str) -> list[Notice]:
    """What the voice that would be used cannot do as these words ask, and does instead.

    Nothing where nothing is asked, or where ``auto`` finds no engine. Raises
    ``NotFoundError`` for another voice that is not there.
    """
    from audiocoach.voices.cast import AUTO
    from audiocoach.voices.catalogue import open_cast

    asking = [span for span in spans if span.asked]
    if not asking:
        return []
    try:
        cast = open_cast(voice, routine.language, routine.pace)
    except NotFoundError:
        if voice != AUTO:
            raise
        return []
    try:
        return [Notice(span.place, message) for span in asking for message in cast.shortfalls(span)]
    finally:
        cast.close()


def open_bed(
    routine: Routine,
    ambience: str | None,
    tone: BedTone = PHONE.bed_tone,
    *,
    at_once: bool = False,
) -> Ambience:
    """The beds that the script asks for, or the one that ``ambience`` says for all of it.

    ``at_once``: see ``open_ambience``.
    """
    from audiocoach.ambience import open_ambience

    if ambience is not None:
        return open_ambience([ambience], None, tone, at_once=at_once)
    for place, message in missing_beds(routine):
        raise NotFoundError(f"{place}: {message}" if place else message)
    asked = (step.backdrop for chapter in routine.chapters for step in chapter.steps)
    texts = [backdrop.layers if backdrop else routine.ambience for backdrop in asked]
    base = Path(routine.path).parent
    return open_ambience(texts or [routine.ambience], base, tone, at_once=at_once)


def missing_beds(routine: Routine) -> Iterator[tuple[Place | None, str]]:
    """Beds that the script asks for and that are not there: where, and what is wrong.

    ``None`` stands for the front matter.
    """
    from audiocoach.layers import NONE, parse_layers
    from audiocoach.soundbank import find_bed

    steps = (step.backdrop for chapter in routine.chapters for step in chapter.steps)
    asked: dict[tuple[Place | None, str], None] = {(None, routine.ambience): None}
    asked |= {(backdrop.place, backdrop.layers): None for backdrop in steps if backdrop}
    for place, text in asked:
        for name in (layer.name for layer in parse_layers(text) if layer.name != NONE):
            try:
                find_bed(name, Path(routine.path).parent)
            except NotFoundError as error:
                yield place, str(error)


def load_marks(routine: Routine) -> dict[str, Stereo]:
    """The bells and other sounds that the script calls for, by name."""
    from audiocoach.soundbank import load_mark

    return {name: load_mark(info) for name, info in find_sounds(routine).items()}


def mark_lengths(marks: Mapping[str, Stereo]) -> dict[str, Ms]:
    """How long each mark rings."""
    from audiocoach.units import frames_to_ms

    return {name: frames_to_ms(len(mark)) for name, mark in marks.items()}


def export(
    routine: Routine,
    speaker: Speaker,
    target: Path,
    *,
    ambience: str | None = None,
    length: Ms | None = None,
    form: str | None = None,
    bitrate: int | None = None,
    apart: bool = False,
    split: bool = False,
    cues: Path | None = None,
    beside: Mapping[Path, Sidecar] | None = None,
    preset: Preset = PHONE,
    stems: Stems | None = None,
    progress: Progress = lambda _what, _done, _of: None,
) -> Exported:
    """Render a routine to ``target``, whole or not at all.

    ``length`` is how long the whole shall last, if not as long as the script asks for or
    takes. ``form`` is the name of a format, if not that of the suffix; ``bitrate`` is in
    kbit/s. ``apart`` writes the voice and the bed apart as well; ``split`` writes a file for
    each chapter and a playlist instead. ``cues`` is a JSON file for the cues as rendered,
    ``beside`` what else is written with the sound (``sidecars.beside``). ``stems`` hears the
    bed and the words of the mix each by itself.
    Raises ``LengthError`` where ``length`` is not possible, ``SpeechError`` or
    ``RenderError`` where a cue would be missing, ``OutputError`` where nothing can be
    written; then none of the files is there.
    """
    from audiocoach.early import Early
    from audiocoach.embedded import to_json
    from audiocoach.joining import join
    from audiocoach.master import plan
    from audiocoach.mix import Mix, Whole
    from audiocoach.sinks import formats
    from audiocoach.sinks.about import about
    from audiocoach.sinks.files import whole_files
    from audiocoach.sinks.outputs import Outputs
    from audiocoach.stems import NAMES as STEMS
    from audiocoach.stems import BedOnly, VoiceOnly, silence
    from audiocoach.written import meanwhile, write_blocks, write_joined

    made_as = formats.find(target, form)
    bitrate = made_as.checked(bitrate)
    with ExitStack() as stack:
        files = stack.enter_context(whole_files(target))
        cues_file = files.open(cues) if cues else None
        others = [(files.open(path), sidecar) for path, sidecar in (beside or {}).items()]
        bed = open_bed(routine, ambience, preset.bed_tone)
        marks = load_marks(routine)
        early = Early(routine, speaker, marks, bed, preset.levels, form=made_as, bitrate=bitrate)
        joined = not (apart or split or stems or length or routine.length)
        with meanwhile(early.work if joined else bed.prepare), early:
            speak(routine, speaker, early.told(progress))
        found = fitted(routine, speaker.length, mark_lengths(marks), length)
        timeline = schedule(found.routine, speaker.length, mark_lengths(marks), found.spacing)
        bed.follow(timeline, routine.ambience)
        master = plan(
            timeline, lambda cue: speaker.known(cue.cue).energies, marks, bed, preset.levels
        )
        _log.info(
            "%s long, %d cues, %d chapters, %d moved; %.1f LUFS, trim %.1f dB",
            clock(timeline.length),
            len(timeline.cues),
            len(timeline.chapters),
            len(timeline.notices),
            master.loudness,
            master.trim,
        )
        mix = Mix(timeline, speaker.clip, marks, master.levels, master.trim)
        told = _described(routine, timeline, ambience, preset)
        gain, trim = made_as.gain(bitrate), master.trim
        levels = made_as.limited(master.levels, bitrate)
        wholes = [Whole(timeline, mix, bed, levels, trim)]
        if apart:
            voice = VoiceOnly(timeline, speaker.clip, {}, master.levels, trim)
            rest = BedOnly(timeline, speaker.clip, marks, master.levels, trim)
            other_bed = open_bed(routine, ambience, preset.bed_tone)
            other_bed.follow(timeline, routine.ambience)
            wholes += [
                Whole(timeline, voice, silence(), levels, trim),
                Whole(timeline, rest, other_bed, levels, trim),
            ]
        outputs = Outputs(
            files,
            target,
            made_as,
            bitrate,
            about(routine, timeline, loudness=master.loudness, embedded=to_json(told)),
            split=split,
            stems=STEMS if apart else (),
        )
        joining = partial(join, wholes[0], speaker.known, marks, bitrate or 0, gain)
        if stems or not write_joined(outputs, joining, partial(progress, "mixing")):
            write_blocks(outputs, wholes, gain, stems, partial(progress, "mixing"))
        outputs.close()
        _check_whole(timeline, [cue.cue.text for cue in mix.missing()], outputs.frames)
        if cues_file:
            cues_file.write(cues_json(timeline).encode())
        for other, sidecar in others:
            other.write(sidecar.write(told).encode())
    return Exported(outputs.path, timeline, tuple(outputs.paths), master)


def speak(routine: Routine, speaker: Speaker, progress: Progress) -> None:
    """Speak all of a routine that has no clip yet."""
    cues = routine.cues()
    total = len({cue.spoken for cue in cues})
    progress("speaking", 0, total)
    for done, _ in enumerate(speaker.speak(cues), 1):
        progress("speaking", done, total)


def _described(
    routine: Routine, timeline: Timeline, ambience: str | None, preset: Preset
) -> Embedded:
    """What the files say of the routine."""
    from audiocoach.ambience import beds_of
    from audiocoach.embedded import describe

    beds = [ambience] if ambience else [name for _, name in beds_of(timeline, routine.ambience)]
    return describe(
        routine,
        timeline,
        preset=preset.name,
        accessible=preset == preset.accessible(),
        beds=list(dict.fromkeys(beds)),
    )


def cues_json(timeline: Timeline) -> str:
    """The cues as rendered: ``[{"start": s, "end": s, "text": "..."}]``."""
    return json.dumps(
        [
            {"start": cue.start / 1000, "end": cue.end / 1000, "text": cue.cue.text}
            for cue in timeline.cues
        ],
        ensure_ascii=False,
        indent=1,
    )


def _check_whole(timeline: Timeline, missing: list[str], written: int) -> None:
    if missing:
        raise RenderError(f"{len(missing)} cues are not in the mix, the first: {missing[0]}")
    if written != ms_to_frames(timeline.length):
        raise RenderError(
            f"the mix has {written} frames instead of {ms_to_frames(timeline.length)}"
        )
