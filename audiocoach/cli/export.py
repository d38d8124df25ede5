"""``audiocoach export``: a routine as a file for the phone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sized
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from audiocoach.cli.options import (
    accessible_option,
    ambience_option,
    choices_option,
    length_option,
    preset_option,
    routine_argument,
    voice_option,
)
from audiocoach.cli.watching import Watched, load_all
from audiocoach.errors import AudiocoachError, ScriptError
from audiocoach.units import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiocoach.presets import Tone
    from audiocoach.render import Exported, Progress
    from audiocoach.routine import Pace, Routine
    from audiocoach.sidecars import Sidecar
    from audiocoach.speech import Speaker

FORMATS = ("mp3", "m4a", "m4b", "opus", "ogg", "flac", "wav")
"""As ``sinks.formats`` has them, which takes longer to load."""
BITRATES = (32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Of all formats together; each has some of them."""
_BESIDE = ("vtt", "srt", "lrc", "chapters", "transcript", "card")


class _Beside(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """``vtt,card``: names of ``_BESIDE``, or ``all``."""

    name = "kinds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if not isinstance(value, str):
            return tuple(value)
        asked = [name.strip().lower() for name in value.split(",")]
        for name in asked:
            if name not in (*_BESIDE, "all"):
                self.fail(f'"{name}" is none of {", ".join((*_BESIDE, "all"))}', param, ctx)
        return _BESIDE if "all" in asked else tuple(dict.fromkeys(asked))


@click.command(short_help="Write a routine as an MP3 for the phone.")
@routine_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to write: its suffix is its format. [default: ROUTINE.mp3 here]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The format, whatever the suffix. [default: mp3]",
)
@voice_option
@ambience_option
@choices_option
@length_option
@preset_option
@accessible_option
@click.option(
    "--bitrate",
    type=click.Choice([str(rate) for rate in BITRATES]),
    metavar="KBITS",
    help="In kbit/s: .mp3, .m4a and .m4b 64 to 320, usually 128; .opus 32 to 256, usually 96.",
)
@click.option(
    "--stems",
    is_flag=True,
    help="Also write the voice and the bed apart: ROUTINE.voice.mp3, ROUTINE.bed.mp3.",
)
@click.option(
    "--split",
    type=click.Choice(("chapters",)),
    help="Write a numbered file for each chapter and a playlist (.m3u8) instead.",
)
@click.option(
    "--cues",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.json",
    help='Also write each cue as rendered: [{"start": s, "end": s, "text": "..."}].',
)
@click.option(
    "--beside",
    type=_Beside(),
    default=(),
    metavar="KINDS",
    help="Also write, beside the sound: vtt, srt, lrc (subtitles), chapters (for podcasts), "
    "transcript (Markdown), card (a page to print); several with commas, or all.",
)
@click.option("--watch", is_flag=True, help="Write it again whenever the script is saved.")
def export(
    *,
    routine: str,
    output: Path | None,
    form: str | None,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    preset: str,
    accessible: bool,
    bitrate: str | None,
    stems: bool,
    split: str | None,
    cues: Path | None,
    beside: tuple[str, ...],
    watch: bool,
) -> None:
    """Write ROUTINE as an MP3, made to be heard on a phone across a room.

    ROUTINE is the name of a routine ('audiocoach list') or the path of a script. The files
    appear when they are whole; if anything is missing, there is none. The sound carries
    chapters, words with their times and a cover, as far as its format has a place for them.

    With --watch it stays, and writes them again whenever the script, or one that it includes, is
    saved. What is wrong with the script is told, and the files stay as they were.

    \b
    audiocoach export back-massage
    audiocoach export back-massage --set position=chair -o chair.mp3
    audiocoach export back-massage --length 20m
    audiocoach export my-stretches.md --ambience rain --voice en-us
    audiocoach export my-stretches.md --ambience "ocean + drone -6dB"
    audiocoach export back-massage -o back.m4b
    audiocoach export back-massage --split chapters
    audiocoach export hand-massage --beside vtt,card
    audiocoach export my-stretches.md --watch
    """  # noqa: D301
    from audiocoach import library, render
    from audiocoach.presets import preset as find_preset
    from audiocoach.script import load

    if stems and split:
        raise click.UsageError("give --stems or --split, not both")
    path = library.find_routine(routine)
    target = output or Path(f"{path.stem}.{form or FORMATS[0]}")
    others = _others(target, beside)
    if cues in others:
        raise click.UsageError(f"--cues and --beside would both write {cues}")
    chosen = find_preset(preset, accessible=accessible)

    def write(loaded: Routine, speaker: Speaker) -> None:
        with shown_progress() as progress:
            done = render.export(
                loaded,
                speaker,
                target,
                ambience=ambience,
                length=length,
                preset=chosen,
                form=form,
                bitrate=int(bitrate) if bitrate else None,
                apart=stems,
                split=split is not None,
                cues=cues,
                beside=others,
                progress=progress,
            )
        _tell(loaded, done)
        for other in others:
            click.echo(str(other))

    with _Speakers(voice, chosen.tone) as speakers:
        if watch:
            _watch(path, dict(choices), speakers, write)
        else:
            loaded = load(path, dict(choices))
            write(loaded, speakers.speaker(loaded))


def _watch(
    path: Path,
    choices: Mapping[str, str],
    speakers: _Speakers,
    write: Callable[[Routine, Speaker], None],
) -> None:
    """Write it again after each save, until Ctrl-C; what is wrong is told, and it goes on.

    What is wrong before anything was written, and not with the script, no save would mend: it
    is raised.
    """
    saved, written = True, False
    while saved:
        watched = Watched([path])
        try:
            loaded, included = load_all(path, choices)
            watched.add(included)
            write(loaded, speakers.speaker(loaded))
            written = True
        except ScriptError as error:
            click.echo(f"{error}\n", err=True)
        except AudiocoachError as error:
            if not written:
                raise
            click.echo(f"{error}\n", err=True)
            speakers.close()  # whatever it was, a voice begins anew
        saved = watched.wait(f"Save {path} to write it again; Ctrl-C ends.")


class _Speakers:
    """The speaker of a routine: the same one again while its language and pace stay."""

    def __init__(self, voice: str, tone: Tone) -> None:
        self._voice, self._tone = voice, tone
        self._opened: dict[tuple[str, Pace], Speaker] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def speaker(self, routine: Routine) -> Speaker:
        """It stays open; raises as ``render.open_speaker`` does."""
        from audiocoach.render import open_speaker

        asked = routine.language, routine.pace
        if asked not in self._opened:
            opened = open_speaker(routine, self._voice, self._tone)
            self._opened[asked] = self._open.enter_context(opened)
        return self._opened[asked]

    def close(self) -> None:
        """Close them all."""
        self._opened.clear()
        self._open.close()


def _tell(routine: Routine, done: Exported) -> None:
    """What was written."""
    click.echo(
        f"{done.path}: {routine.title}, {clock(done.timeline.length)}, "
        f"{_count(done.timeline.chapters, 'chapter')}, {_count(done.timeline.cues, 'cue')}, "
        f"{sum(file.stat().st_size for file in done.files) / 1e6:.1f} MB, "
        f"{done.master.loudness:.1f} LUFS, range {done.master.range:.0f} LU"
    )


def _others(target: Path, beside: tuple[str, ...]) -> dict[Path, Sidecar]:
    """What else is written: most times nothing, and then nothing is loaded for it."""
    if not beside:
        return {}
    from audiocoach import sidecars

    return sidecars.beside(target, beside)


def _count(of: Sized, what: str) -> str:
    return f"{len(of)} {what}{'s' * (len(of) != 1)}"


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A bar on a terminal; a line for each stage elsewhere. On stderr either way."""
    if not sys.stderr.isatty():
        told: set[str] = set()

        def tell(what: str, done: int, total: int) -> None:
            if what not in told and total > done:
                told.add(what)
                click.echo(f"{what} ...", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield show
