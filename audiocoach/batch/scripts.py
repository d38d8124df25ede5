"""The scripts of a plan: which file is a routine in a language, and all that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from audiocoach import library, script
from audiocoach.batch.plan import OWN
from audiocoach.errors import NotFoundError, nearest
from audiocoach.script.frontmatter import LANGUAGE
from audiocoach.voices.language import agreement, tag

if TYPE_CHECKING:
    from audiocoach.routine import Routine
    from audiocoach.script.tree import Document

_GLOB = "*?["


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A script and all scripts that it includes, as content: it can be read anywhere."""

    path: str
    """As messages show it."""
    text: bytes
    includes: Mapping[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    """By the path of the script that includes and the name it asks for: path and bytes."""

    def load(self, choices: Mapping[str, str]) -> Routine:
        """The routine. Raises ``ScriptError`` and ``NotFoundError`` as ``script.load`` does."""
        return script.expand(self.document(), choices)

    def document(self) -> Document:
        """The syntax tree. Raises ``ScriptError``."""
        return script.parse(self.text, self.path, self._read)

    def _read(self, name: str, including: str) -> tuple[str, bytes]:
        try:
            return self.includes[including, name]
        except KeyError:
            raise NotFoundError(f"there is no script {name} beside this one") from None


@dataclass(frozen=True, eq=False)
class Script:
    """A routine in one language."""

    name: str
    """Of the routine, without its language."""
    source: Source
    document: Document

    @property
    def language(self) -> str:
        """What its text says that it is in, a BCP 47 tag."""
        return self.document.front.language

    @cached_property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """What it offers."""
        return {choice.name: choice.values for choice in self.document.front.choices}


def read_script(path: Path, name: str | None = None) -> Script:
    """The script at ``path``, every file of it read once.

    Raises ``ScriptError``, ``NotFoundError`` and ``AudiocoachError`` as ``script.read`` does.
    """
    includes: dict[tuple[str, str], tuple[str, bytes]] = {}
    read = script.reader(path)

    def keep(asked: str, including: str) -> tuple[str, bytes]:
        includes[including, asked] = read(asked, including)
        return includes[including, asked]

    text = script.read_bytes(path)
    document = script.parse(text, str(path), keep)
    return Script(name or path.stem, Source(str(path), text, includes), document)


def bases(asked: str, folder: Path) -> list[Path]:
    """Where the routine lies, or all that a pattern means; the file itself need not exist.

    ``desk`` is a known routine; ``desk.md``, ``scripts/*.md`` are files in ``folder``. Of a
    routine in several languages (``desk.md``, ``desk.de.md``) there is one. Raises
    ``NotFoundError``.
    """
    path = Path(asked)
    if any(sign in asked for sign in _GLOB):
        try:
            found = sorted(each for each in folder.glob(asked) if each.suffix == ".md")
        except (ValueError, NotImplementedError, OSError):
            found = []
        if not found:
            raise NotFoundError(f'no script is called "{asked}" in {folder}')
        return list(dict.fromkeys(_base(each) for each in found))
    if path.suffix == ".md" or len(path.parts) > 1:
        base = folder / path
        if base.is_file() or variants(base):
            return [base]
        beside = [each.name for each in base.parent.glob("*.md")]
        hint = nearest(base.name, beside)
        raise NotFoundError(f"no script at {base}{hint if hint.startswith('; did') else ''}")
    return [library.find_routine(asked)]


def variants(base: Path) -> dict[str, Path]:
    """The same routine in other languages: by BCP 47 tag, the files ``NAME.TAG.md``."""
    return {
        tag(language): path
        for path in sorted(base.parent.glob("*.md"))
        for stem, language in [_parted(path)]
        if language and stem == base.stem
    }


def in_language(base: Path, wanted: str, read: Callable[[Path, str], Script]) -> Script:
    """The routine at ``base`` in the language ``wanted``; ``own``: as the file is.

    ``NAME.TAG.md`` whose tag fits best, else the file itself where it is in that language.
    Raises what ``read`` raises, ``NotFoundError`` where there is none, or where the file's own
    text says another language than its name.
    """
    there = variants(base)
    fits = {path: agreement(wanted, language) for language, path in there.items()}
    if wanted != OWN and any(fits.values()):
        found = read(max(fits, key=lambda path: fits[path]), base.stem)
        if not agreement(wanted, found.language):
            raise NotFoundError(
                f'{found.source.path} says that it is in "{found.language}"; write "language: '
                f'{wanted}" in its front matter'
            )
        return found
    if base.is_file():
        found = read(base, base.stem)
        if wanted == OWN or agreement(wanted, found.language):
            return found
    known = ", ".join(there) or "no other"
    if wanted == OWN:
        raise NotFoundError(f"{base} is not there; name the languages: there is {known}")
    raise NotFoundError(
        f'{base.stem} is not there in "{wanted}": that would be '
        f"{base.with_name(f'{base.stem}.{wanted}.md')}; there is {known} beside it"
    )


def _parted(path: Path) -> tuple[str, str]:
    """``desk.de.md`` -> ``desk`` and ``de``; the language is empty where there is none."""
    stem, dot, language = path.stem.rpartition(".")
    if dot and stem and LANGUAGE.fullmatch(language):
        return stem, language
    return path.stem, ""


def _base(path: Path) -> Path:
    return path.with_name(f"{_parted(path)[0]}.md")
