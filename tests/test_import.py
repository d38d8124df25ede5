"""What other programs speak is spoken here, and what is not is told."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.cli import cli
from audiocoach.errors import AudiocoachError, NotFoundError, ScriptError
from audiocoach.importing import Imported, import_file, import_script
from audiocoach.routine import Break, Cue, Routine, Sound
from audiocoach.script import expand, load, parse
from audiocoach.script.source import UNWANTED


def made(text: str | bytes) -> Imported:
    return import_script(text if isinstance(text, bytes) else text.encode(), "talk.txt")


def parts(imported: Imported) -> list[list[str | int]]:
    """Each step: its words, the lengths of its breaks, its sounds in brackets."""
    routine = expand(parse(imported.text, "talk.md"), {})
    told: list[list[str | int]] = []
    for chapter in routine.chapters:
        for step in chapter.steps:
            told.append([])
            for part in step.parts:
                match part:
                    case Cue():
                        told[-1].append(part.text)
                    case Break():
                        told[-1].append(part.length)
                    case Sound():
                        told[-1].append(f"<{part.name}>")
    return told


def speak(inside: str) -> Imported:
    return made(f"<speak>{inside}</speak>")


def told(imported: Imported) -> list[tuple[int, str]]:
    return [(warning.line, warning.message) for warning in imported.warnings]


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
    assert document.front.say_as == (("SB", "sacrum bone"),)


def test_what_a_script_cannot_say_is_told_with_its_line_and_kept() -> None:
    imported = made(SSML)
    assert [line for line, _ in told(imported)] == [6, 7, 8, 9, 10]
    for line, words in ((6, "emphasis"), (7, "bells/low.ogg"), (8, "prosody"), (9, "say-as")):
        assert any(words in message for number, message in told(imported) if number == line)
    for comment in (
        "<!-- A greeting. -->",
        "<!-- note a - - b -->",
        '<!-- <emphasis level="strong"> -->',
        '<!-- <prosody rate="slow"> -->',
        "<!-- </prosody> -->",
        '<!-- <say-as interpret-as="digits"> -->',
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
        ("a <sub alias='x'>W</sub> and <sub alias='y'>w</sub>", ["a W and y"]),
        ("<![CDATA[a <b>]]>", ["a <b>"]),
        ("a&#x201d;", ["a\u201d"]),
    ],
)
def test_single_marks(inside: str, expected: list[str | int]) -> None:
    assert parts(speak(inside)) == [expected]


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


def squeezed(text: str) -> str:
    return "".join(UNWANTED.sub("", text).split())


def spoken(routine: Routine) -> str:
    return squeezed("".join(cue.text for cue in routine.cues()))


marks = st.sampled_from(
    ["[", "]", "[5s]", "{x}", "*", "_", "`", "\\", "&amp;", "&", "<", ">", "|", "~~", "++", "/",
     "::: ", "# ", "- ", "1. ", "> ", "---", "-->", "<!--", '!["bell"]', ".", ", ", "!", " ", "\t",
     "word", "é", "漢", "\x07", "\u2028", "\ufeff", "=", "+", ":", "1", "title: x"]
)  # fmt: skip
texts = st.lists(marks, max_size=12).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=30
)


@given(texts, st.integers(0, 9_999))
@settings(max_examples=300, deadline=None)
def test_any_phrase_is_spoken_word_for_word(text: str, seconds: int) -> None:
    imported = made(f"Begin.;1\n{text};{seconds}\nEnd.;0")
    routine = expand(parse(imported.text, "talk.md"), {})
    wanted = "" if text.strip() == "*" or not any(map(str.isalnum, squeezed(text))) else text
    heard = spoken(routine).removeprefix("Begin.").removesuffix("End.")
    assert re.sub(r"^[.,;:!?]+", "", heard) == re.sub(r"^[.,;:!?]+", "", squeezed(wanted))


def is_xml(char: str) -> bool:
    return (
        char in "\t\n" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
    )


@given(st.lists(texts, min_size=1, max_size=5), st.sampled_from(["p", "s", "emphasis", "voice"]))
@settings(max_examples=300, deadline=None)
def test_any_text_in_ssml_is_spoken_letter_for_letter(found: list[str], tag: str) -> None:
    plain = ["".join(filter(is_xml, text)) for text in found]
    inside = '<break time="1s"/>'.join(f"<{tag}>{escape(text)}</{tag}>" for text in plain)
    routine = expand(parse(speak(f"Begin. {inside}").text, "talk.md"), {})
    heard = [char for char in spoken(routine).removeprefix("Begin.") if char.isalnum()]
    assert heard == [char for text in plain for char in squeezed(text) if char.isalnum()]


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: f"<speak>{text}".encode()))
def test_any_bytes_give_a_script_or_an_error(data: bytes) -> None:
    try:
        imported = import_script(data, "talk.txt")
    except AudiocoachError:
        return
    assert parse(imported.text, "talk.md").blocks


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
