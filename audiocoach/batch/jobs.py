"""A job: one file, made from nothing but what the job carries."""

from __future__ import annotations

import hashlib
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from audiocoach import __version__, identity, render, sidecars
from audiocoach.batch.naming import files_of
from audiocoach.batch.scripts import Source
from audiocoach.errors import AudiocoachError, NotFoundError
from audiocoach.presets import preset as find_preset
from audiocoach.routine import Pace, Routine
from audiocoach.units import Db, Ms

INPUT = "in"
"""The folder that a job's sounds are put into, inside of its own."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a routine is exported."""

    voice: str
    length: Ms | None = None
    preset: str = "phone"
    accessible: bool = False
    ambience: str | None = None
    """For all of the routine; files in it are called as in ``Job.sounds``."""
    format: str = "mp3"
    bitrate: int | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One file of a batch. It can be pickled and done anywhere audiocoach is."""

    name: str
    """The path of the file in the store, with ``/``."""
    source: Source
    choices: tuple[tuple[str, str], ...]
    settings: Settings
    sounds: tuple[tuple[str, str], ...]
    """Users' sounds: what each is called, and its SHA-256."""
    voice_key: str
    """Of the voice that shall speak, so that no other one does."""
    inputs: tuple[tuple[str, str], ...]
    """Digests of all that is heard, by what it is: ``script``, ``voice``, ``program`` ..."""
    told: tuple[tuple[str, str], ...]
    """The combination, for people."""

    @property
    def key(self) -> str:
        """Names the job: another one where anything that is heard would differ."""
        return identity.value_digest([self.name, self.inputs])

    @property
    def group(self) -> str:
        """Jobs of one group speak the same words."""
        return identity.value_digest([self.source.path, self.choices, self.voice_key])

    def routine(self, folder: Path) -> Routine:
        """The routine, its sounds being in ``folder``. Raises as ``Source.load`` does."""
        routine = self.source.load(dict(self.choices))
        routine = replace(routine, path=str(folder / Path(routine.path).name))
        return with_ambience(routine, self.settings.ambience)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made."""

    name: str
    """Its path in the store, with ``/``."""
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a job."""

    files: tuple[File, ...]
    """The sound first."""
    length_ms: Ms
    cues: int
    chapters: int
    loudness: Db
    """LUFS."""
    wall_s: float
    cpu_s: float
    """Of the process that made it and of those that it started."""
    where: str
    """The machine."""


class WrongWorkerError(AudiocoachError):
    """The job cannot be done here as it was planned; elsewhere it may be."""


class Wanted(NamedTuple):
    """A voice that is asked for: what ``--voice`` takes, for a language, at a pace."""

    voice: str
    language: str
    pace: Pace


class Found(NamedTuple):
    """The voice that is meant; ``problem`` is empty where it is there."""

    key: str = ""
    name: str = ""
    language: str = ""
    problem: str = ""


def find_voices(wanted: Iterable[Wanted]) -> dict[Wanted, Found]:
    """The voices of this machine."""
    asked = list(wanted)
    with ThreadPoolExecutor(4, "voices") as pool:
        return dict(zip(asked, pool.map(_find_voice, asked), strict=True))


def _find_voice(wanted: Wanted) -> Found:
    from audiocoach.voices import catalogue

    try:
        voice = catalogue.open_voice(wanted.voice, wanted.language, wanted.pace)
    except AudiocoachError as error:
        return Found(problem=str(error))
    try:
        return Found(voice.key, voice.info.name, voice.info.language)
    finally:
        voice.close()


def with_ambience(routine: Routine, ambience: str | None) -> Routine:
    """The routine with ``ambience`` behind all of it, unless that is ``None``."""
    if ambience is None:
        return routine
    chapters = tuple(
        replace(chapter, steps=tuple(replace(step, backdrop=None) for step in chapter.steps))
        for chapter in routine.chapters
    )
    return replace(routine, ambience=ambience, chapters=chapters)


def perform(
    job: Job,
    sounds: Mapping[str, Path | bytes],
    folder: Path,
    progress: Progress = lambda _what, _done, _of: None,
) -> tuple[Made, dict[str, Path]]:
    """Make the files of a job in ``folder``, which is empty and its own.

    ``sounds``: by digest. Returns what was made, and where each file lies by its name in the
    store. Raises ``WrongWorkerError`` where another machine should do it, and what
    ``render.export`` raises.
    """
    began, used = time.perf_counter(), _cpu_s()
    settings = job.settings
    try:
        check_program(dict(job.inputs)["program"])
        for name, digest in job.sounds:
            _put(folder / INPUT / name, sounds[digest], digest)
        routine = job.routine(folder / INPUT)
        preset = find_preset(settings.preset, accessible=settings.accessible)
        target = folder / Path(job.name).name
        with render.open_speaker(routine, settings.voice, preset.tone) as speaker:
            if speaker.voice_key != job.voice_key:
                raise WrongWorkerError(
                    f'the voice "{settings.voice}" is another one here ({speaker.voice_key}, '
                    f"wanted was {job.voice_key})"
                )
            done = render.export(
                routine,
                speaker,
                target,
                length=settings.length,
                preset=preset,
                form=settings.format,
                bitrate=settings.bitrate,
                beside=sidecars.beside(target, settings.beside),
                progress=progress,
            )
    except AudiocoachError as error:
        shown = str(Path(job.source.path).parent)
        error.args = tuple(
            arg.replace(str(folder / INPUT), shown) if isinstance(arg, str) else arg
            for arg in error.args
        )
        raise
    paths = {name: folder / Path(name).name for name in files_of(job.name, settings.beside)}
    made = Made(
        tuple(
            File(name, path.stat().st_size, identity.file_digest(path))
            for name, path in paths.items()
        ),
        done.timeline.length,
        len(done.timeline.cues),
        len(done.timeline.chapters),
        round(done.master.loudness, 2),
        round(time.perf_counter() - began, 3),
        round(_cpu_s() - used, 3),
        platform.node(),
    )
    return made, paths


def check_program(wanted: str) -> None:
    """Raises ``WrongWorkerError`` where another audiocoach is installed."""
    here = identity.program()
    if here != wanted:
        raise WrongWorkerError(
            f"another audiocoach is installed on {platform.node()}: {_program_text(here)}, wanted "
            f"is {_program_text(wanted)}"
        )


def _program_text(program: str) -> str:
    version, _, code = program.partition(" ")
    return f"{version} (code {code[:8]})"


def _put(path: Path, sound: Path | bytes, digest: str) -> None:
    """A user's sound where the job looks for it, if it is still the one that was planned."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if isinstance(sound, Path):
            shutil.copyfile(sound, path)
            found = identity.file_digest(path)
        else:
            path.write_bytes(sound)
            found = hashlib.sha256(sound).hexdigest()
    except OSError as error:
        raise NotFoundError(f"cannot read the sound {sound!s:.200}: {error.strerror}") from error
    if found != digest:
        raise NotFoundError(f"the sound {path.name} has changed since the batch began")


def _cpu_s() -> float:
    """Of this process and of those it started that have ended."""
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time()
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, both))


def made_as_json(made: Made) -> dict[str, Any]:
    """For an entry of the store, and for the summary."""
    return {**asdict(made), "program": __version__}
