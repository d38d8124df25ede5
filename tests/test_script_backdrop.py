"""``ambience:`` and ``#[ambience:"..."]``: the sound behind the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from waves import hiss, write_wav

from audiocoach import render
from audiocoach.ambience import beds_of, open_ambience
from audiocoach.cli import cli
from audiocoach.errors import NotFoundError, ScriptError
from audiocoach.routine import Routine
from audiocoach.script import expand, load, parse
from audiocoach.units import RATE


def routine_of(text: str, **choices: str) -> Routine:
    return expand(parse(text, "x.md"), choices)


def backdrops(routine: Routine) -> list[str | None]:
    return [
        step.backdrop.layers if step.backdrop else None
        for chapter in routine.chapters
        for step in chapter.steps
    ]


def error_of(text: str) -> str:
    with pytest.raises(ScriptError) as caught:
        parse(text, "x.md")
    return str(caught.value)


def test_it_holds_from_there_on_until_the_next() -> None:
    text = (
        'One.\n\n# A\n\n#[ambience:"rain + drone -6dB"]\n\nTwo.\n\n# B\n\nThree.\n\n'
        "#[ambience:'none'] Four.\n\n#[ambience]\n\n# C\n\nFive."
    )
    both = "rain + drone -6dB"
    routine = routine_of(text)
    assert backdrops(routine) == [None, both, both, "none", None]
    timeline = render.estimate(routine)
    assert beds_of(timeline, "ocean") == [
        (0, "ocean"),
        (timeline.chapters[1].start, both),
        (timeline.steps[3].start, "none"),
        (timeline.chapters[3].start, "ocean"),
    ]


def test_it_changes_nothing_of_the_voice() -> None:
    routine = routine_of('#[voice:"joe"]\n\nOne.\n\n#[ambience:"rain"]\n\nTwo.')
    assert [cue.spans[0].asked for cue in routine.cues()] == [(("voice", "joe"),)] * 2


def test_conditions_and_loops_may_hold_nothing_but_it() -> None:
    text = (
        "---\nchoices:\n  season: [summer, winter]\n---\n"
        '::: if season is winter\n#[ambience:"drone"]\n:::\n\nOne.\n\n'
        '::: repeat 2\nTwo.\n\n#[ambience:"rain"]\n\nThree.\n:::\n'
    )
    assert backdrops(routine_of(text)) == [None, None, "rain", "rain", "rain"]
    assert backdrops(routine_of(text, season="winter")) == ["drone", "drone", *["rain"] * 3]


def test_what_is_announced_has_the_bed_of_its_chapter() -> None:
    text = (
        '---\nannounce: next, rounds\n---\n# A\n\n#[ambience:"rain"]\n\nOne.\n\n# B\n\n'
        '#[ambience:"drone"]\n\n::: repeat 2\n#[ambience:"none"]\n\nTwo.\n:::\n'
    )
    assert backdrops(routine_of(text)) == ["rain", "rain", *["none"] * 4]


def test_that_of_an_included_script_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    part = "#[ambience:\"sea.wav + rain + 'a + b.wav' -3dB\"]\n\nTwo.\n"
    (tmp_path / "parts" / "part.md").write_text(f"---\nambience: drone\n---\n{part}")
    (tmp_path / "main.md").write_text(
        '#[ambience:"drone"]\n\nOne.\n\n::: include parts/part.md\n:::\n\nThree.\n'
    )
    found = backdrops(load(tmp_path / "main.md", {}))
    assert found == ["drone", 'parts/sea.wav + rain + "parts/a + b.wav" -3dB', "drone"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('A. #[ambience:"rain"]', "1:4: error: this must begin a paragraph"),
        ('# A #[ambience:"rain"]\n\nA.', "1:5: error: a title takes words"),
        ('A. [for 9s]\n- at 2s: B. #[ambience:"rain"]', "2:13: error: a cue changes no ambience"),
        (
            '#[ambience:"rain -6"]\n\nA.',
            '1:1: error: in #[ambience]: layer 1, "rain -6": "-6" is no',
        ),
        ('#[ambience:"rain + ../x"]\n\nA.', '"../x" is no ambience: it takes a name'),
        ('#[ambience:"/etc/x.wav"]\n\nA.', '"/etc/x.wav" is no ambience'),
        ('#[ambience:""]\n\nA.', "layer 1 has no name"),
        ("#[ambience:rain]\n\nA.", 'write #[ambience:"rain + bowls -6dB"]'),
        ('#[ambience:"rain"; voice:"joe"]\n\nA.', "a section for the voice beside it"),
        ("---\nambience: rain +\n---\nA.", "2:11: error: layer 2 has no name"),
        ("---\nambience: rain + x:y\n---\nA.", '2:11: error: "x:y" is no ambience'),
        ('#[voice:"joe"; ambience:"rain"]\n\nA.', 'nothing is called "ambience" here'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    assert message in error_of(text)


SCRIPT = (
    "---\nambience: ocean + raim\n---\n\n# One\n\nHello.\n\n# Two\n\n"
    '#[ambience:"drone + gong.wav"]\n\nHello again.\n\n#[ambience:"bell"]\n\nBye.\n'
)


def test_check_finds_unknown_layers_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(SCRIPT)
    write_wav(tmp_path / "gongs.wav", hiss(5))
    result = CliRunner().invoke(cli, ["check", str(path)])
    assert result.exit_code == 1
    for line in (
        f'{path}:2:1: error: no sound is called "raim"; did you mean "rain"?',
        f'{path}:11:1: error: there is no sound file "gong.wav"; did you mean "gongs.wav"?',
        f'{path}:15:1: error: "bell" sounds once; as a bed there is ocean',
    ):
        assert line in result.output
    path.write_text(SCRIPT.replace("raim", "rain").replace("bell", "none"))
    with pytest.raises(NotFoundError, match=r'a\.md:11:1: there is no sound file "gong'):
        render.open_bed(load(path, {}), None)
    path.write_text(path.read_text().replace("gong.", "gongs."))
    assert CliRunner().invoke(cli, ["check", str(path)]).exit_code == 0
    assert render.open_bed(load(path, {}), None).read(100).any()


def test_the_command_line_goes_before_all_of_them() -> None:
    routine = routine_of('#[ambience:"rain"]\n\nOne.\n\n#[ambience]\n\nTwo.')
    bed, drone = render.open_bed(routine, "drone"), open_ambience(["drone"], None)
    bed.follow(render.estimate(routine), routine.ambience)
    assert np.array_equal(bed.read(30 * RATE), drone.read(30 * RATE))


@pytest.mark.parametrize("command", ["export", "play", "preview"])
def test_the_command_line_says_which_layer_is_wrong(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "box-breathing", "--ambience", "ocean + rain -6"])
    assert result.exit_code == 2
    assert 'layer 2, "rain -6": "-6" is no gain; write -6dB' in result.output
