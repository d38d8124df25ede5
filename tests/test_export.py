"""The whole way from a script to a file, heard with other ears than the project's own."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import meters
import mutagen.id3
import mutagen.mp3
import numpy as np
import pytest

from audiocoach import library, render
from audiocoach.clips import ClipCache
from audiocoach.errors import NotFoundError, OutputError, RenderError, SpeechError
from audiocoach.mix import Mix
from audiocoach.presets import Levels
from audiocoach.routine import Routine
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Timeline
from audiocoach.units import RATE, ms_to_frames

SCRIPT = """\
---
title: Schöne Pause
summary: "A short one."
language: de-DE
ambience: {ambience}
---

# Ankommen

!["bell"]

Setz dich hin. [2s] Lass die Schultern sinken.

# Atmen

Atme ein und aus, ganz langsam und ohne Mühe. [for 30s]
- every 10s: Ruhig weiter. / Noch einmal so.
- 5s left: Noch ein letztes Mal.

Das war es schon. [3s]
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    path: Path
    timeline: Timeline
    speaker: Speaker
    sound: np.ndarray
    """Decoded, shape ``(n, 2)``."""
    routine: Routine


def rendered(
    folder: Path, script: str, voice: ToneVoice | None = None, name: str = "out.mp3"
) -> Rendered:
    source = folder / "pause.md"
    source.write_text(script, encoding="utf-8")
    routine = load(source, {})
    speaker = Speaker(voice or ToneVoice(), ClipCache(folder / "cache"))
    done = render.export(routine, speaker, folder / name, cues=folder / "cues.json")
    return Rendered(done.path, done.timeline, speaker, meters.decode(done.path), routine)


@pytest.fixture(scope="module")
def ocean(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return rendered(tmp_path_factory.mktemp("ocean"), SCRIPT.format(ambience="ocean"))


def offset_of(clip: np.ndarray, sound: np.ndarray, around: int) -> tuple[int, float]:
    """Where ``clip`` fits best within 100 ms of frame ``around``, and how well (1 is wholly)."""
    reach = RATE // 10
    start = around - reach
    part = sound[start : start + len(clip) + 2 * reach]
    size = 1 << (len(part) + len(clip)).bit_length()
    spectrum = np.fft.rfft(part, size) * np.conj(np.fft.rfft(clip, size))
    match = np.fft.irfft(spectrum, size)[: 2 * reach + 1]
    best = int(np.argmax(match))
    found = part[best : best + len(clip)]
    return start + best, float(match[best] / np.linalg.norm(clip) / np.linalg.norm(found))


def test_every_cue_is_in_the_file_at_its_place(ocean: Rendered) -> None:
    left = ocean.sound[:, 0]
    assert [cue.cue.text for cue in ocean.timeline.cues] == [
        "Setz dich hin.",
        "Lass die Schultern sinken.",
        "Atme ein und aus, ganz langsam und ohne Mühe.",
        "Ruhig weiter.",
        "Noch einmal so.",
        "Noch ein letztes Mal.",
        "Das war es schon.",
    ]
    for cue in ocean.timeline.cues:
        clip = ocean.speaker.clip(cue.cue).samples.astype(np.float32)
        at, fit = offset_of(clip, left, ms_to_frames(cue.start))
        assert abs(at - ms_to_frames(cue.start)) <= RATE // 1000, cue.cue.text
        assert fit > 0.98, cue.cue.text


def test_a_cue_that_is_not_there_is_not_found(ocean: Rendered) -> None:
    """The check above can fail."""
    clip = ocean.speaker.clip(ocean.timeline.cues[0].cue).samples.astype(np.float32)
    _, fit = offset_of(clip, ocean.sound[:, 0], ms_to_frames(ocean.timeline.cues[2].start))
    assert fit < 0.5


@pytest.mark.parametrize("ambience", ["ocean", "rain", "drone", "none"])
def test_loudness_and_peak_of_the_decoded_file(tmp_path: Path, ambience: str) -> None:
    words = "Streiche langsam und mit weichen Händen an beiden Seiten hinunter. [1s]\n\n" * 6
    script = f"---\nambience: {ambience}\n---\n\n# Eins\n\n{words}"
    measured = meters.measure(rendered(tmp_path, script).sound)
    assert measured.integrated == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak <= -1.0


def test_speech_stands_well_over_the_ducked_bed(ocean: Rendered) -> None:
    """The bed alone, with the same ducks, against the whole, while words are said."""
    levels = Levels()
    mix = Mix(ocean.timeline, ocean.speaker.clip, {}, levels)
    bed = render.open_bed(ocean.routine, None)
    whole, below = [], []
    for cue in ocean.timeline.cues:
        start, count = ms_to_frames(cue.start), ms_to_frames(cue.end - cue.start)
        bed.seek(start)
        gain = 10 ** ((levels.programme + levels.bed - bed.loudness) / 20)
        below.append(bed.read(count) * gain * mix.duck(start, count))
        whole.append(ocean.sound[start : start + count])
    speech = meters.measure(np.concatenate(whole)).integrated
    assert speech - meters.measure(np.concatenate(below)).integrated >= 18


def test_the_bed_is_there_from_the_start_and_between_cues(ocean: Rendered) -> None:
    """No stretch of 10 ms is digital silence before the closing fade is over."""
    hops = ocean.sound[: len(ocean.sound) // 441 * 441].reshape(-1, 441, 2)
    levels = np.abs(hops).max(axis=(1, 2))
    assert levels[2:-30].min() > 0
    cues = ocean.timeline.cues
    gap, start = max((b.start - a.end, a.end) for a, b in itertools.pairwise(cues))
    assert gap > 6_000
    between = ocean.sound[ms_to_frames(start + 2_500) : ms_to_frames(start + gap - 1_000)]
    assert -36 < meters.measure(between).integrated < -28


def click_measure(sound: np.ndarray, timeline: Timeline) -> float:
    """How far one bend of the curve stands out from those around it, outside of cues and bells."""
    bends = np.abs(np.diff(sound[:, 0], n=2))
    quiet = np.ones(len(bends), dtype=bool)
    spans = [(cue.start, cue.end) for cue in timeline.cues]
    spans += [(sound.start, sound.end) for sound in timeline.sounds]
    for start, end in spans:
        quiet[ms_to_frames(start) - 2_000 : ms_to_frames(end) + 2_000] = False
    count = len(bends) // 441
    kept = quiet[: count * 441].reshape(count, 441).all(axis=1)
    hops = bends[: count * 441].reshape(count, 441)[kept]
    usual = np.convolve(np.sqrt(np.mean(hops**2, axis=1)), np.ones(21) / 21, mode="valid")
    step = 1 / 32768  # at the end of the fade, one step of 16 bits stands out from nothing
    return float((hops.max(axis=1)[10:-10] / np.maximum(usual, step)).max())


def test_nothing_clicks(ocean: Rendered) -> None:
    assert click_measure(ocean.sound, ocean.timeline) < 8
    planted = ocean.sound.copy()
    start = ms_to_frames(ocean.timeline.cues[3].end + 3_000)
    planted[start:] *= -1  # a seam of the kind that a careless loop has
    planted[start] += 0.05
    assert click_measure(planted, ocean.timeline) > 16


def test_the_file_is_as_long_as_its_timeline(ocean: Rendered) -> None:
    assert len(ocean.sound) == ms_to_frames(ocean.timeline.length)
    assert mutagen.mp3.MP3(ocean.path).info.length == pytest.approx(
        ocean.timeline.length / 1000, abs=0.002
    )


def test_tags_and_chapters_say_what_the_timeline_says(ocean: Rendered) -> None:
    tags = mutagen.id3.ID3(ocean.path)
    assert str(tags["TIT2"]) == "Schöne Pause"
    assert str(tags["TLAN"]) == "deu"
    assert int(str(tags["TLEN"])) == ocean.timeline.length
    assert str(tags.getall("COMM")[0]) == "A short one."
    assert tags.version[:2] == (2, 3)
    table = tags.getall("CTOC")[0]
    chapters = [tags[f"CHAP:{name}"] for name in table.child_element_ids]
    told = [(c.start_time, c.end_time, str(c.sub_frames["TIT2"])) for c in chapters]
    assert told == [(c.start, c.end, c.title) for c in ocean.timeline.chapters]
    assert told[0][0] == 0
    assert told[-1][1] == ocean.timeline.length


def test_the_cues_are_told_as_rendered(ocean: Rendered) -> None:
    cues = json.loads((ocean.path.parent / "cues.json").read_text(encoding="utf-8"))
    assert cues == [
        {"start": cue.start / 1000, "end": cue.end / 1000, "text": cue.cue.text}
        for cue in ocean.timeline.cues
    ]


def test_a_wav_is_the_same_mix(tmp_path: Path, ocean: Rendered) -> None:
    wav = rendered(tmp_path, SCRIPT.format(ambience="ocean"), name="out.wav").sound
    assert len(wav) == len(ocean.sound)
    difference = wav - ocean.sound
    assert 10 * np.log10(np.mean(wav**2) / np.mean(difference**2)) > 15


def test_the_same_script_gives_the_same_file(tmp_path: Path) -> None:
    first = rendered(tmp_path, SCRIPT.format(ambience="rain")).path.read_bytes()
    assert rendered(tmp_path, SCRIPT.format(ambience="rain")).path.read_bytes() == first


@pytest.mark.parametrize("kind", ["fails", "silent"])
def test_a_missing_cue_leaves_no_file(tmp_path: Path, kind: str) -> None:
    voice = ToneVoice(**{kind: ["Noch einmal so."]})  # type: ignore[arg-type]
    with pytest.raises(SpeechError, match="Noch einmal so"):
        rendered(tmp_path, SCRIPT.format(ambience="ocean"), voice)
    assert {path.name for path in tmp_path.iterdir()} <= {"pause.md", "cache"}


def test_a_clip_that_changed_meanwhile_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cue that is not mixed as it was planned is told, whatever the reason."""
    monkeypatch.setattr(Mix, "missing", lambda mix: list(mix._mixed)[:1])
    with pytest.raises(RenderError, match="Setz dich hin"):
        rendered(tmp_path, SCRIPT.format(ambience="ocean"))
    assert not list(tmp_path.glob("*.mp3")) + list(tmp_path.glob(".*"))


def test_an_unknown_suffix_or_bed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"must end in one of \.mp3, \.m4a"):
        rendered(tmp_path, SCRIPT.format(ambience="ocean"), name="out.wma")
    with pytest.raises(NotFoundError, match='did you mean "ocean"'):
        rendered(tmp_path, SCRIPT.format(ambience="ocaen"))


def test_a_routine_as_the_system_voice_speaks_it(tmp_path: Path) -> None:
    """The product itself: a whole routine, decoded and measured."""
    routine = load(library.find_routine("shoulder-rub"), {})
    try:
        with render.open_speaker(routine, "pyttsx3") as speaker:
            done = render.export(routine, speaker, tmp_path / "rub.mp3")
    except NotFoundError as error:
        pytest.skip(f"no system voice here: {error}")
    assert 4 * 60_000 <= done.timeline.length <= 8 * 60_000
    sound = meters.decode(done.path)
    assert len(sound) == ms_to_frames(done.timeline.length)
    measured = meters.measure(sound)
    assert measured.integrated == pytest.approx(-16.0, abs=0.5)
    assert measured.true_peak <= -1.0
    for cue in done.timeline.cues[::3]:
        clip = speaker.clip(cue.cue).samples.astype(np.float32)
        at, fit = offset_of(clip, sound[:, 0], ms_to_frames(cue.start))
        assert abs(at - ms_to_frames(cue.start)) <= RATE // 1000
        assert fit > 0.97, cue.cue.text
