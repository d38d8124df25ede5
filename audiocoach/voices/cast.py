"""The voices of a routine: its own, and those that some of its words ask for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

from audiocoach.errors import NotFoundError
from audiocoach.routine import Cue, Span
from audiocoach.voices import Phrase, Voice
from audiocoach.voices.language import agreement, tag
from audiocoach.voices.reading import read
from audiocoach.voices.spans import Part, asked_manner, parts

OpenVoice = Callable[[str, str], Voice]
"""Opens the voice of a name for a language; raises ``NotFoundError``."""

_OWN = ("", "device")
"""Names for the voice of the routine itself; ``device`` is Speech Markdown's."""

AUTO = "auto"
SYSTEM = "pyttsx3"

_log = logging.getLogger(__name__)


class Cast:
    """Opens further voices when words first ask for them; owns them and ``voice``."""

    def __init__(
        self, voice: Voice, language: str = "", open_other: OpenVoice | None = None
    ) -> None:
        """``language`` is that of the routine; without it, that of the voice."""
        self.voice = voice
        self._language = language or voice.info.language
        self._open_other = open_other
        self._others: dict[tuple[str, str], Voice] = {}
        self._opened: dict[str, Voice] = {}
        """By key, so that no voice is open twice."""
        self._missing: list[str] = []
        """Why a voice could not be had: to be told once, when words are spoken without it."""
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def parts(self, cue: Cue) -> list[Part]:
        """What is spoken for a cue, by whom; one part where nothing is asked."""
        spans = cue.spans or (Span(cue.spoken, (), cue.place),)
        found = parts(spans, self._voice_for, self._language, read)
        while self._missing:
            _log.warning("%s", self._missing.pop())
        return found

    def shortfalls(self, span: Span) -> Iterator[str]:
        """What is asked that cannot be had here, and what is done instead.

        A voice or a language that is not here is told of once.
        """
        voice = self._voice_for(span)
        name, wanted = span.get("voice"), span.get("lang")
        speaks = f'"{voice.info.name}"'
        lost = []
        if name and name not in _OWN and name.lower() not in (voice.info.name, AUTO, SYSTEM):
            lost.append(f'no voice is called "{name}" here; {speaks} speaks instead')
        if wanted and not agreement(wanted, voice.info.language):
            who = f"the voice {speaks} speaks {voice.info.language}"
            lost.append(
                f'{who}, not "{wanted}"' if name else f'no voice here speaks "{wanted}"; {who}'
            )
        yield from (message for message in lost if message not in self._told)
        self._told |= set(lost)
        manner, _ = asked_manner(span)
        lacks = voice.lacks(Phrase(((span.words, span.get("ipa") or ""),), manner))
        if "pitch" in lacks and span.get("pitch"):
            yield f"the voice {speaks} cannot change its pitch; these words are said as usual"
        if "ipa" in lacks:
            yield (
                f'the voice {speaks} cannot speak the sounds "{span.get("ipa")}"; the words are'
                ' read as they are written; (words)[sub:"..."] can spell them'
            )

    def close(self) -> None:
        """Close every voice."""
        with self._lock:
            for voice in (self.voice, *self._opened.values()):
                voice.close()

    def _voice_for(self, span: Span) -> Voice:
        name = (span.get("voice") or "").lower()
        wanted = tag(span.get("lang") or self._language)
        own = self.voice.info
        if name == own.name or self._open_other is None:
            return self.voice
        if name in _OWN and (not span.get("lang") or _same(wanted, own.language)):
            return self.voice
        name = "" if name in _OWN else name
        with self._lock:
            if (name, wanted) not in self._others:
                self._others[name, wanted] = self._found(self._open_other, name, wanted)
            return self._others[name, wanted]

    def _found(self, open_other: OpenVoice, name: str, wanted: str) -> Voice:
        """The voice that is asked for, or else the routine's own."""
        own = self.voice.info
        try:
            voice = open_other(name or (SYSTEM if own.engine == SYSTEM else AUTO), wanted)
        except NotFoundError as error:
            self._missing.append(f'{error}; the voice "{own.name}" speaks instead')
            return self.voice
        better = agreement(wanted, voice.info.language) > agreement(wanted, own.language)
        if voice is self.voice:
            return voice
        if voice.info.name == own.name or not (name or better):
            voice.close()
            return self.voice
        if known := self._opened.get(voice.key):
            voice.close()
            return known
        self._opened[voice.key] = voice
        return voice


def _same(wanted: str, spoken: str) -> bool:
    """Whether a voice speaks all that is asked: the tag, or its language where it has no more."""
    return wanted == tag(spoken) or ("-" not in wanted and agreement(wanted, spoken) > 0)
