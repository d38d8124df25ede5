"""Whatever is imported, nothing that is to be said is lost."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st
from imports import made, marked, speak

from audiocoach.errors import AudiocoachError
from audiocoach.importing import import_script
from audiocoach.routine import Routine
from audiocoach.script import expand, parse
from audiocoach.script.source import UNWANTED


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


tags = st.sampled_from(
    ["p", "s", "emphasis", 'emphasis level="strong"', 'voice name="joe"', 'lang xml:lang="de"',
     'prosody rate="slow" pitch="+2st"', 'prosody volume="x-loud"', 'phoneme ph="pe"',
     'say-as interpret-as="characters"', 'say-as interpret-as="cardinal"', 'w xml:lang="fr"']
)  # fmt: skip
strange = st.sampled_from(
    ["[", "]", "{x}", '"', "'", ";", "\\", "&", "<!--", "-->", "(", ")", "|", ".", "é"]
)
odd = st.lists(strange, max_size=6).map(lambda found: quoteattr("x" + "".join(found)))


@st.composite
def ssml(draw: st.DrawFn, depth: int = 3) -> tuple[str, str]:
    """A piece of SSML, and its words."""
    kind = draw(st.integers(0, 5)) if depth else 0
    if kind == 0:
        text = "".join(filter(is_xml, draw(texts | st.sampled_from("(): "))))
        return escape(text), text
    inside = [draw(ssml(depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    between = draw(st.sampled_from(["", " ", '<break time="1s"/>']))
    tag = draw(tags | odd.map(lambda ph: f"phoneme ph={ph}") | odd.map(lambda a: f"voice name={a}"))
    xml = between.join(xml for xml, _ in inside)
    return f"<{tag}>{xml}</{tag.split()[0]}>", "".join(text for _, text in inside)


@given(ssml())
@settings(max_examples=400, deadline=None)
def test_any_text_in_ssml_is_spoken_letter_for_letter(found: tuple[str, str]) -> None:
    xml, text = found
    routine = expand(parse(speak(f"Begin. {xml}").text, "talk.md"), {})
    heard = [char for char in spoken(routine).removeprefix("Begin.") if char.isalnum()]
    assert heard == [char for char in squeezed(text) if char.isalnum()]


@given(odd, texts)
@settings(max_examples=200, deadline=None)
def test_any_alias_is_spoken_or_told(alias: str, text: str) -> None:
    words = escape("".join(filter(is_xml, text)))
    imported = speak(f"Begin. <sub alias={alias}>{words}</sub>")
    assert parse(imported.text, "talk.md").blocks
    assert imported.warnings or any("sub:" in asked for _, asked in marked(imported))


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: f"<speak>{text}".encode()))
def test_any_bytes_give_a_script_or_an_error(data: bytes) -> None:
    try:
        imported = import_script(data, "talk.txt")
    except AudiocoachError:
        return
    assert parse(imported.text, "talk.md").blocks
