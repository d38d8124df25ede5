"""How fast an export is and how much memory it takes, against what bounds it.

    python benchmarks/export.py [--runs 3] [--inside] [--watch] [--play] [--naive] [--write FOLDER]

Prints, all from this one run on this one machine, ratios of processes that ran in turn:

* 25 minutes with 150 cues, whose clips are there already, as MP3 at 128 kbit/s, against a
  process that only encodes the same finished PCM with lameenc at the same settings ("LAME
  alone"): as a new file, with one cue changed, and with nothing changed;
* with ``--inside``, the same change in a program that runs already;
* with ``--watch``, how long after a script is saved ``export --watch`` has written the file anew,
  against all of a new export;
* with ``--play``, how long after the command the first sound is read, and how long a seek takes;
* with ``--naive``, the same job as it is usually written with pydub: one long track,
  ducked by slicing, ``overlay`` for each cue, then encoded.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROUTINE = "back-massage"
VOICE = "pyttsx3"


@dataclass(frozen=True, slots=True)
class Cost:
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(*command: str) -> Cost:
    """Run a program to its end, as the operating system accounts for it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def export(script: str, target: Path) -> Cost:
    return run(
        sys.executable, "-m", "audiocoach", "export", script, "-o", str(target), "--voice", VOICE
    )


def encode_only(pcm: str) -> None:
    """What a bare encoder does: read, encode, write."""
    import lameenc

    from audiocoach.sinks.mp3 import QUALITY

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(128)
    encoder.set_in_sample_rate(44_100)
    encoder.set_channels(2)
    encoder.set_quality(QUALITY)
    with wave.open(pcm) as source, Path(pcm).with_suffix(".bare.mp3").open("wb") as target:
        while data := source.readframes(16_384):
            target.write(encoder.encode(data))
        target.write(encoder.flush())


def naive() -> None:
    """The usual pydub way; as favourable as it gets: clips and bed are ready in memory."""
    import lameenc

    from audiocoach import library, render
    from audiocoach.script import load
    from audiocoach.segments import AudioSegment, segment
    from audiocoach.timeline import schedule

    routine = load(library.find_routine(ROUTINE), {})
    with render.open_speaker(routine, VOICE) as speaker:
        render.speak(routine, speaker, lambda *_: None)
        marks = render.load_marks(routine)
        timeline = schedule(routine, speaker.length, render.mark_lengths(marks))
        bed = render.open_bed(routine, None)
        loop = segment(bed.read(44_100 * 60), 32_767 * 0.4)
        track = (loop * (timeline.length // len(loop) + 1))[: timeline.length]
        for cue in timeline.cues:
            ducked = track[cue.start : cue.end] - 8.5
            track = track[: cue.start] + ducked + track[cue.end :]
            clip = speaker.clip(cue.cue)
            spoken = AudioSegment(
                clip.samples.tobytes(), sample_width=2, frame_rate=44_100, channels=1
            )
            track = track.overlay(spoken.set_channels(2), position=cue.start)
        encoder = lameenc.Encoder()
        encoder.silence()
        encoder.set_bit_rate(128)
        encoder.set_in_sample_rate(44_100)
        encoder.set_channels(2)
        encoder.set_quality(5)
        encoder.encode(track.fade_in(2_500).fade_out(7_000).raw_data)
        encoder.flush()


WORDS = (
    "Slow and even.", "Keep both palms soft.", "Let the breath come down.", "A little lower now.",
    "Rest your hands here for a moment.", "Glide up to the shoulder and down again.",
    "Circles, with both thumbs.", "As light as you can.", "Now the other side of the neck.",
    "Lean in with your weight, and wait.",
)  # fmt: skip
"""What the routine of the benchmark says, again and again."""
HOLDS = (7, 9, 13, 11, 8, 12)
"""Seconds from one cue to the next: 10 on average."""


def script(cues: int, changed: int | None = None, more: int = 0) -> str:
    """A cue every ten seconds and ``more``; at ``changed`` it says another one of its words."""
    said = list(range(cues))
    if changed is not None:
        said[changed] += 3
    lines = [
        f"{WORDS[word % len(WORDS)]} [for {HOLDS[at % len(HOLDS)] + more}s!]\n"
        for at, word in enumerate(said)
    ]
    return "---\ntitle: Speed\nambience: ocean\n---\n\n# Speed\n\n" + "\n".join(lines)


def forget_stretches(folder: Path) -> None:
    shutil.rmtree(folder / "cache" / "audiocoach" / "stretches", ignore_errors=True)


def report_speed(folder: Path, runs: int) -> list[Row]:
    """Each kind of export against LAME alone."""
    one, other = folder / "one.md", folder / "other.md"
    one.write_text(script(150))
    other.write_text(script(150, changed=75))
    pcm, target = folder / "one.wav", folder / "out.mp3"
    export(str(one), pcm)
    export(str(other), target)
    changed = target.read_bytes()
    costs: dict[str, list[tuple[Cost, Cost]]] = {}
    for number in range(runs):
        bare = run(sys.executable, __file__, "--encode-only", str(pcm))
        forget_stretches(folder)
        made = {
            "new": export(str(one), target),
            "one cue changed": export(str(other), target),
        }
        assert target.read_bytes() == changed, "what was kept is not what is made anew"
        made["nothing changed"] = export(str(other), target)
        for name, cost in made.items():
            costs.setdefault(name, []).append((cost, bare))
        print(f"run {number + 1} of {runs}: load {os.getloadavg()[0]:.1f}", flush=True)
    rows = [Row.of("LAME alone", [(bare, bare) for _, bare in costs["new"]])]
    return rows + [Row.of(name, pairs) for name, pairs in costs.items()]


@dataclass(frozen=True, slots=True)
class Row:
    """Of a kind of export: the least it took, and ratios to LAME alone, run by run."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    walls: tuple[float, ...]
    cpus: tuple[float, ...]

    @classmethod
    def of(cls, name: str, pairs: list[tuple[Cost, Cost]]) -> Row:
        return cls(
            name,
            min(cost.wall_s for cost, _ in pairs),
            min(cost.cpu_s for cost, _ in pairs),
            max(cost.peak_mb for cost, _ in pairs),
            tuple(cost.wall_s / bare.wall_s for cost, bare in pairs),
            tuple(cost.cpu_s / bare.cpu_s for cost, bare in pairs),
        )

    def cells(self) -> str:
        def told(ratios: tuple[float, ...]) -> str:
            middle = statistics.median(ratios)
            return f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

        return (
            f"| {self.name} | {self.wall_s:.2f} | {self.cpu_s:.2f} | {told(self.walls)} | "
            f"{told(self.cpus)} | {self.peak_mb:.0f} |"
        )


HEAD = (
    "| 25 min, 150 cues | wall s, least | CPU s, least | wall / LAME | CPU / LAME | peak MB |\n"
    "|---|---|---|---|---|---|"
)


def plot(rows: list[Row]) -> str:
    """The medians as bars: CPU and wall against LAME alone."""
    most = max(1.0, *(statistics.median(row.walls + row.cpus) for row in rows))
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{60 + 52 * len(rows)}" '
            'font-family="sans-serif" font-size="13">'
        )
    ]
    lines.append('<text x="10" y="22">Time against LAME alone (dark: CPU, light: wall)</text>')
    for at, row in enumerate(rows):
        y = 40 + 52 * at
        lines.append(f'<text x="10" y="{y + 22}">{row.name}</text>')
        for number, (colour, ratios) in enumerate((("#246", row.cpus), ("#8bd", row.walls))):
            ratio = statistics.median(ratios)
            width, top = 400 * ratio / most, y + 18 * number
            lines.append(
                f'<rect x="150" y="{top}" width="{width:.0f}" height="16" fill="{colour}"/>'
            )
            lines.append(f'<text x="{156 + width:.0f}" y="{top + 13}">{ratio:.2f}</text>')
    return "\n".join([*lines, "</svg>", ""])


def report_inside(folder: Path) -> None:
    """The change of one cue within one process: no start, no imports."""
    from audiocoach import render
    from audiocoach.script import load

    def made(name: str) -> Cost:
        routine = load(folder / name, {})
        with render.open_speaker(routine, VOICE) as speaker:
            wall, cpu = time.perf_counter(), time.process_time()
            render.export(routine, speaker, folder / "inside.mp3")
            return Cost(time.perf_counter() - wall, time.process_time() - cpu, 0)

    made("one.md")
    forget_stretches(folder)
    new, edit = made("one.md"), made("other.md")
    print(
        f"inside one process: new {new.wall_s:.2f} s (CPU {new.cpu_s:.2f}), one cue changed "
        f"{edit.wall_s:.2f} s (CPU {edit.cpu_s:.2f}): {edit.wall_s / new.wall_s:.3f} (CPU "
        f"{edit.cpu_s / new.cpu_s:.3f})"
    )


def report_watch(folder: Path, saves: int) -> None:
    """One cue after the other is changed, while a program watches: from the save to the file."""
    script_file, target, told = folder / "watched.md", folder / "watched.mp3", folder / "told"
    script_file.write_text(script(150))
    export(str(script_file), target)
    forget_stretches(folder)
    new = export(str(script_file), target)
    command = [sys.executable, "-m", "audiocoach", "export", str(script_file), "-o", str(target)]
    with told.open("wb") as file:
        program = subprocess.Popen(
            [*command, "--voice", VOICE, "--watch"], stdout=file, stderr=file, cwd=folder
        )
    took = []
    try:
        for number in range(saves):
            while told.read_text().count("Ctrl-C ends") <= number:
                time.sleep(0.1)
            time.sleep(0.5 + 0.037 * number)  # at any moment between two looks
            before = target.stat().st_ino
            began = time.perf_counter()
            script_file.write_text(script(150, changed=20 + 5 * number))
            while target.stat().st_ino == before:
                time.sleep(0.001)
            took.append(time.perf_counter() - began)
    finally:
        program.terminate()
        program.wait()
    print(
        f"from a save to the file: {min(took):.2f} s at least, median "
        f"{statistics.median(took):.2f}, at most {max(took):.2f} ({saves} saves); a new export "
        f"{new.wall_s:.2f} s: {statistics.median(took) / new.wall_s:.3f}"
    )


def report_play(runs: int) -> None:
    """From the command to the first block that is not silent, to nowhere; and a seek.

    Nothing is in the cache.
    """
    cache = Path(os.environ["XDG_CACHE_HOME"])
    for what in ("first sound", "seek"):
        took = []
        for _ in range(runs):
            shutil.rmtree(cache, ignore_errors=True)
            done = subprocess.run(
                [sys.executable, __file__, "--play-only", what, repr(time.time())],
                capture_output=True,
                text=True,
                check=True,
            )
            took.append(float(done.stdout.split()[-1]))
        print(f"{what}: {min(took):.3f} s at least, median {statistics.median(took):.3f}")


def play_only(what: str, began: float) -> None:
    """Play to nowhere, and tell when the first sound was read, or the first after a seek."""
    from audiocoach.cli import main
    from audiocoach.live import Command, Session

    read = Session.read
    asked: list[float] = []
    reads, first = iter(range(1 << 40)), [""]

    def reading(session: Session, frames: int) -> object:
        if what == "seek" and not asked and next(reads) > 100:
            first[0] = session.status().chapter
            asked.append(time.time())
            session.do(Command.NEXT_CHAPTER)
        block = read(session, frames)
        moved = session.status().chapter != first[0]
        heard = block.any() if what == "first sound" else asked and moved and block.any()
        if heard:
            print(time.time() - (asked[0] if asked else began), flush=True)
            os._exit(0)
        return block

    Session.read = reading  # type: ignore[method-assign, assignment]
    sys.argv = ["audiocoach", "play", ROUTINE, "--device", "null", "--voice", VOICE]
    main()


@contextmanager
def clean_folder() -> Iterator[Path]:
    """A folder with an empty cache in it; what is imported was compiled before, as by pip."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = f"{name}/cache"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        code = Path(__file__).parents[1] / "audiocoach"
        run(sys.executable, "-m", "compileall", "-q", str(code))
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    for option in ("inside", "watch", "play", "naive"):
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("--write", type=Path, help="a folder for export.md and export.svg")
    parser.add_argument("--encode-only", help=argparse.SUPPRESS)
    parser.add_argument("--naive-only", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--play-only", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.encode_only:
        encode_only(arguments.encode_only)
    elif arguments.naive_only:
        naive()
    elif arguments.play_only:
        play_only(arguments.play_only[0], float(arguments.play_only[1]))
    else:
        with clean_folder() as folder:
            measure(folder, arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    if arguments.write:
        arguments.write.mkdir(parents=True, exist_ok=True)
    if arguments.runs:
        rows = report_speed(folder, arguments.runs)
        table = "\n".join([HEAD, *(row.cells() for row in rows)])
        print(table, flush=True)
        if arguments.write:
            about = (
                f"# Export\n\n`python benchmarks/export.py --runs {arguments.runs}`, "
                f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.0f}, Python "
                f"{sys.version.split()[0]}.\n\n{table}\n"
            )
            (arguments.write / "export.md").write_text(about)
            (arguments.write / "export.svg").write_text(plot(rows))
    if arguments.inside:
        report_inside(folder)
    if arguments.watch:
        report_watch(folder, 8 * max(1, arguments.runs))
    if arguments.play:
        report_play(max(1, arguments.runs))
    if arguments.naive:
        cost = run(sys.executable, __file__, "--naive-only")
        print(
            f"the usual pydub way: {cost.wall_s:.1f} s, CPU {cost.cpu_s:.1f}, {cost.peak_mb:.0f} MB"
        )


if __name__ == "__main__":
    main()
