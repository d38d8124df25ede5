"""Coverage-guided fuzzing of the importers: phrases, SSML and articles.

    python tests/fuzz_importing.py -max_total_time=60

Any bytes give a script that is read without errors, or one of our own errors. What is found
becomes a test.
"""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["audiocoach"]):
    from audiocoach.draft import draft
    from audiocoach.draft.article import read_article
    from audiocoach.errors import AudiocoachError
    from audiocoach.importing import import_script
    from audiocoach.script import expand, parse

from fuzzing import fuzz

_SUFFIXES = {ord("h"): ".html", ord("m"): ".md", ord("t"): ".txt"}
_SSML = b"""<?xml version="1.0"?>
<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">
<p><s>Lie <emphasis level="strong">down</emphasis>.<break time="2s"/></s></p>
<prosody rate="slow" pitch="+10%">Rest &amp; <sub alias="breathe">br.</sub></prosody>
<say-as interpret-as="characters">abc</say-as><phoneme alphabet="ipa" ph="hi">hi</phoneme>
<voice name="x"><lang xml:lang="de">Guten Tag</lang></voice><mark name="m"/><audio src="a.mp3"/>
</speak>"""
_EXAMPLES = (
    _SSML,
    b"Breathe in;4\nBreathe out;6.5\n*;30\n\nno seconds\nRelax; ;3\n",
    b"h<h1>Back</h1><p>Rub the <b>back</b> for 2 minutes. Do not press the spine.</p><ul><li>Oil",
    b"m# Feet\n\nPress the heel for 30 seconds.\n\n1. Take a foot.\n2. Hold it ten times.\n\n> Why",
    b"tHands\n\nStroke each finger slowly. Repeat on the other side. You should avoid wounds.\n",
)


def one_input(data: bytes) -> None:
    """An article where the first byte says which kind, else what ``import`` takes."""
    try:
        if data[:1] and data[0] in _SUFFIXES:
            text = data[1:].decode("utf-8", "replace")
            made = draft(read_article(text, _SUFFIXES[data[0]]), "fuzz").text
        else:
            made = import_script(data, "fuzz").text
    except AudiocoachError:
        return
    expand(parse(made, "made.md"), {})


if __name__ == "__main__":
    fuzz(one_input, _EXAMPLES)
