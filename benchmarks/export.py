"""How fast an export is and how much memory it takes, against what bounds it.

    python benchmarks/export.py [--runs 3] [--naive] [--memory]

Prints, all from this one run on this one machine:

* a warm export (every clip in the cache) as a whole process, against a process that only
  encodes the same finished PCM at the same settings, in turn, as ratios of wall and CPU
  time: the encoder is the limit, so the goal is a ratio of at most 1.15;
* with ``--memory``, the peak memory of exporting 5 minutes and 4 hours: the goal is a
  difference of less than 50 MB;
* with ``--naive``, the same job as it is usually written with pydub: one long track,
  ducked by slicing, ``overlay`` for each cue, then encoded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import wave
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


def long_script(minutes: int) -> str:
    """A routine of that many minutes: each loop pass lasts one minute."""
    return (
        "---\ntitle: Long\nambience: ocean\n---\n\n# Long\n\n"
        f"::: repeat {minutes}\nRound {{round}} of {{rounds}}. Breathe out slowly. [for 60s]\n"
        "- every 15s: Slow and even. / Soft hands. / Let it go.\n:::\n"
    )


def report_speed(folder: Path, runs: int) -> None:
    pcm = folder / "routine.wav"
    export(ROUTINE, pcm)
    walls, cpus = [], []
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    for number in range(runs):
        whole = export(ROUTINE, folder / "routine.mp3")
        bare = run(sys.executable, __file__, "--encode-only", str(pcm))
        walls.append(whole.wall_s / bare.wall_s)
        cpus.append(whole.cpu_s / bare.cpu_s)
        for name, cost in (("export", whole), ("encoder alone", bare)):
            label = f"{name}, run {number + 1}"
            print(f"{label:24}{cost.wall_s:9.2f}{cost.cpu_s:9.2f}{cost.peak_mb:9.0f}")
    print(
        f"export / encoder alone: wall {statistics.median(walls):.2f} "
        f"({min(walls):.2f} to {max(walls):.2f}), CPU {statistics.median(cpus):.2f}"
    )


def report_memory(folder: Path) -> None:
    peaks = []
    for minutes in (5, 240):
        script = folder / f"long-{minutes}.md"
        script.write_text(long_script(minutes))
        export(str(script), folder / "warm.wav" if minutes == 5 else folder / "long.mp3")
        cost = export(str(script), folder / "long.mp3")
        peaks.append(cost.peak_mb)
        print(f"{minutes:4} minutes: peak {cost.peak_mb:.0f} MB, {cost.wall_s:.1f} s")
    print(f"difference: {peaks[1] - peaks[0]:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--naive", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--encode-only", help=argparse.SUPPRESS)
    parser.add_argument("--naive-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.encode_only:
        encode_only(arguments.encode_only)
        return
    if arguments.naive_only:
        naive()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report_speed(folder, arguments.runs)
        if arguments.naive:
            cost = run(sys.executable, __file__, "--naive-only")
            print(
                f"{'the usual pydub way':24}{cost.wall_s:9.2f}{cost.cpu_s:9.2f}{cost.peak_mb:9.0f}"
            )
        if arguments.memory:
            report_memory(folder)


if __name__ == "__main__":
    main()
