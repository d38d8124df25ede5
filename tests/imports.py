"""What is imported in tests, and what became of it."""

from __future__ import annotations

from audiocoach.importing import Imported, import_script
from audiocoach.routine import Break, Cue, Sound
from audiocoach.script import expand, parse
from audiocoach.script.modifiers import to_text


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


def marked(imported: Imported) -> list[tuple[str, str]]:
    """Words of which something is asked, and what."""
    routine = expand(parse(imported.text, "talk.md"), {})
    return [
        (span.words, to_text(span.asked))
        for cue in routine.cues()
        for span in cue.spans
        if span.asked
    ]


def told(imported: Imported) -> list[tuple[int, str]]:
    return [(warning.line, warning.message) for warning in imported.warnings]
