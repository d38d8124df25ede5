"""What other programs speak is spoken here, and what is not is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from imports import made, marked, parts, speak, told

from audiocoach.cli import cli
from audiocoach.errors import AudiocoachError, NotFoundError, ScriptError
from audiocoach.importing import import_file
from audiocoach.script import load, parse


def test_phrases_and_their_silences() -> None:
    text = (
        "\ufeffReady for some Qi Gong?;2\r\n\r\n  Relax [now] * 2 ; 1.5\r\n*;5\r\nGood job!;0\r\n"
    )
    imported = made(text)
    assert parts(imported) == [
        ["Ready for some Qi Gong?", 2_000],
        ["Relax [now] * 2", 1_500],
        [5_000],
        ["Good job!"],
    ]
    assert not imported.warnings


def test_what_the_other_program_would_leave_out_is_kept_and_told() -> None:
    imported = made("One;two\nThree;-4\nfive\na;b;6\n...;7\nlong;99999999\n")
    assert parts(imported) == [
        ["One;two"],
        ["Three;-4"],
        ["five"],
        ["a;b", 6_000],
        [7_000],
        ["long"],
    ]
    assert [line for line, _ in told(imported)] == [1, 2, 3, 6]
    assert "<!-- not spoken: ... -->" in imported.text


SSML = """\
<?xml version="1.0"?>
<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-GB">
  <!-- A greeting. --><?note a -- b?>
  <p><s>Welcome</s> <s>Sit down.</s></p>
  <p>Breathe in<break time="4s"/>, and out.<break strength="weak"/> Rest &amp; [smile].</p>
  The <sub alias="sacrum bone">SB</sub> is <emphasis level="strong">never</emphasis> pressed.
  <audio src="bells/low.ogg"><desc>A bell</desc>ding</audio>
  <prosody rate="slow"><p>Slowly.</p><p>So.</p></prosody>
  <say-as interpret-as="digits">123</say-as>
  <audio src="https://example.org/a.mp3">Birds sing.</audio>
</speak>
"""


def test_ssml_is_spoken_as_it_is_meant() -> None:
    imported = made(SSML)
    assert parts(imported) == [
        ["Welcome. Sit down."],
        ["Breathe in,", 4_000, "and out.", 300, "Rest & [smile]."],
        ["The SB is never pressed.", "<bells/low.ogg>"],
        ["Slowly."],
        ["So."],
        ["123 Birds sing."],
    ]
    document = parse(imported.text, "talk.md")
    assert document.front.language == "en-GB"
    assert marked(imported) == [
        ("SB", 'sub:"sacrum bone"'),
        ("never", 'emphasis:"strong"'),
        ("Slowly.", 'rate:"slow"'),
        ("So.", 'rate:"slow"'),
        ("123", "digits"),
    ]


def test_what_a_script_cannot_say_is_told_with_its_line_and_kept() -> None:
    imported = made(SSML)
    assert [line for line, _ in told(imported)] == [7, 10]
    assert "bells/low.ogg" in told(imported)[0][1]
    for comment in (
        "<!-- A greeting. -->",
        "<!-- note a - - b -->",
        '<!-- <audio src="https://example.org/a.mp3"> -->',
        "<!-- ding -->",
    ):
        assert comment in imported.text, comment


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('a<break/>b<break time="250ms"/>c<break time=".5s"/>', ["a", 500, "b", 250, "c", 500]),
        ('a<break strength="none"/>b', ["ab"]),
        ('a<break time="soon"/>b', ["a", 500, "b"]),
        ("a<break/>.<break/>b", ["a.", 500, 500, "b"]),
        ('<break/>!<break time="1s"/>b', [500, 1_000, "b"]),
        ("<mstts:express-as style='x'>a</mstts:express-as>", ["a"]),
        ("<metadata>not<x>me</x></metadata>a", ["a"]),
        ("a <sub alias='x'>W</sub> and <sub alias='y'>w</sub>", ["a W and w"]),
        ("<![CDATA[a <b>]]>", ["a <b>"]),
        ("a&#x201d;", ["a\u201d"]),
        ("a::<break/>:<break/>b", ["a:::", 500, 500, "b"]),
    ],
)
def test_single_marks(inside: str, expected: list[str | int]) -> None:
    assert parts(speak(inside)) == [expected]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<emphasis>a</emphasis> b", [("a", 'emphasis:"moderate"')]),
        (
            '<prosody volume="soft" pitch="low" rate="default">a</prosody>',
            [("a", 'rate:"medium";pitch:"low";volume:"soft"')],
        ),
        ('<say-as interpret-as="spell-out">LS</say-as>', [("LS", "characters")]),
        ('<say-as interpret-as="cardinal">12</say-as>.', [("12", "number")]),
        (
            '<say-as interpret-as="date" format="mmddyyyy">10-19-2016</say-as>',
            [("10-19-2016", 'date:"mdy"')],
        ),
        (
            '<say-as interpret-as="time" format="hms12">2:30pm</say-as>',
            [("2:30pm", 'time:"hms12"')],
        ),
        (
            '<say-as interpret-as="telephone" format="1">555-1212</say-as>',
            [("555-1212", 'telephone:"1"')],
        ),
        ('<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>', [("pecan", 'ipa:"pɪˈkɑːn"')]),
        ('a <lang xml:lang="fr-FR">mots</lang>', [("mots", 'lang:"fr-FR"')]),
        ('<p xml:lang="de">Wort</p>', [("Wort", 'lang:"de"')]),
        ('<voice name="joe">Hi, you.</voice>', [("Hi, you.", 'voice:"joe"')]),
        (
            '<prosody rate="slow">a <emphasis>b</emphasis><break/>, c</prosody>',
            [
                ("a", 'rate:"slow"'),
                ("b", 'emphasis:"moderate";rate:"slow"'),
                ("c", 'rate:"slow"'),
            ],
        ),
        (
            '<prosody rate="slow"><prosody rate="fast">a</prosody></prosody>',
            [("a", 'rate:"fast"')],
        ),
        (
            '<voice name="joe"><sub alias="x">W</sub> is <s>so</s></voice>',
            [("W", 'sub:"x";voice:"joe"'), ("is", 'voice:"joe"'), ("so", 'voice:"joe"')],
        ),
    ],
)
def test_what_is_asked_of_the_voice_becomes_a_mark(
    inside: str, expected: list[tuple[str, str]]
) -> None:
    imported = speak(inside)
    assert marked(imported) == expected
    assert not imported.warnings


@pytest.mark.parametrize(
    ("inside", "expected", "message"),
    [
        ('<prosody rate="80%">a</prosody>', 'rate:"slow"', 'rate "80%" becomes "slow"'),
        ('<prosody rate="+40%">a</prosody>', 'rate:"x-fast"', 'becomes "x-fast"'),
        ('<prosody rate="1.0">a</prosody>', 'rate:"medium"', 'becomes "medium"'),
        ('<prosody pitch="-2st">a</prosody>', 'pitch:"low"', 'pitch "-2st" becomes "low"'),
        ('<prosody pitch="+25%">a</prosody>', 'pitch:"x-high"', 'becomes "x-high"'),
        ('<prosody volume="-7dB">a</prosody>', 'volume:"x-soft"', 'becomes "x-soft"'),
        ('<prosody volume="silent">a</prosody>', "", 'volume="silent"> has no counterpart'),
        ('<prosody pitch="200Hz">a</prosody>', "", 'pitch="200Hz"> has no counterpart'),
        ('<say-as interpret-as="currency">a</say-as>', "", "has no counterpart"),
        ('<say-as interpret-as="number">a</say-as>', "", "is not a number"),
        ('<say-as interpret-as="date">a</say-as>', "", "has no counterpart"),
        ('<phoneme alphabet="x-sampa" ph="p">a</phoneme>', "", "has no counterpart"),
        ('<voice gender="female">a</voice>', "", 'gender="female"> has no counterpart'),
        ('<voice name="../a.onnx">a</voice>', "", "has no counterpart"),
        ('<p xml:lang="[no]">a</p>', "", "is no language"),
        ('<say-as interpret-as="characters">a<break/>b</say-as>', "", "without a mark or a break"),
        (
            '<sub alias="x"><phoneme ph="p">a</phoneme></sub>',
            'ipa:"p"',
            "cannot be written in one mark",
        ),
    ],
)
def test_what_is_asked_in_another_way_or_not_at_all_is_told(
    inside: str, expected: str, message: str
) -> None:
    imported = speak(f"\n{inside}")
    assert [asked for _, asked in marked(imported)] == ([expected] if expected else [])
    assert [line for line, _ in told(imported)] == [2]
    assert message in told(imported)[0][1]
    assert re.search(
        "<!-- <(prosody|say-as|phoneme|voice|sub|xml:lang)|<!-- xml:lang", imported.text
    )
    said = "".join(str(part) for step in parts(imported) for part in step)
    assert said.replace("500", "").strip() in ("a", "ab")


def test_long_words_become_several_steps() -> None:
    imported = speak("<p>" + "word " * 3_000 + "</p>")
    said = " ".join(str(part) for step in parts(imported) for part in step)
    assert said.split() == ["word"] * 3_000


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("<speak>\n<p>a</speak>", 2, "not well-formed XML: mismatched tag"),
        ("<html>a</html>", 1, "not SSML, which begins with <speak>"),
        (
            '<!DOCTYPE speak SYSTEM "http://example.org/x.dtd">\n<speak>a</speak>',
            1,
            "document type",
        ),
        (
            '<!DOCTYPE a [<!ENTITY b "ccc"><!ENTITY d "&b;&b;">]>\n<speak>&d;</speak>',
            1,
            "document type",
        ),
        ("<speak>" * 101, 1, "nested too deep"),
        ("<speak>&nbsp;</speak>", 1, "undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><speak>a</speak>', 1, "XML"),
    ],
)
def test_what_is_no_ssml_is_an_error_with_its_place(text: str, line: int, message: str) -> None:
    with pytest.raises(ScriptError, match=message) as caught:
        made(text)
    assert caught.value.problems[0].line == line


def test_nothing_to_speak_is_an_error() -> None:
    for text in ("", "\n\n", "<speak/>", "..."):
        with pytest.raises(AudiocoachError, match="nothing to speak"):
            made(text)


def test_long_words_with_marks_become_several_steps() -> None:
    imported = speak(
        '<prosody rate="slow">' + "<emphasis>a</emphasis>. (b) " * 3_000 + "</prosody>"
    )
    said = " ".join(str(part) for step in parts(imported) for part in step)
    assert said.split() == ["a.", "(b)"] * 3_000


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def test_the_command_writes_the_script_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qi-gong.txt").write_text("Relax;30\nwhat\n")
    result = run("import", "qi-gong.txt")
    assert result.exit_code == 0
    assert "qi-gong.txt:2:1: warning: this line does not end in ; and seconds" in result.output
    assert "qi-gong.md: imported from qi-gong.txt, 1 warning" in result.output
    assert load(tmp_path / "qi-gong.md", {}).title == "Qi gong"
    assert run("check", "qi-gong.md").exit_code == 0
    assert run("import", "qi-gong.txt").exit_code == 1
    with pytest.raises(NotFoundError):
        import_file(tmp_path / "none.txt")
