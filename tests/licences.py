"""The licences of all that is installed with the program: ``python tests/licences.py`` lists them.

They are read from what each package says of itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import (
    Distribution,
    PackageMetadata,
    PackageNotFoundError,
    distribution,
)

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("neural", "kokoro", "picture", "share", "listen", "cluster")
"""Those for users, as far as there are such."""

FITTING = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "MIT",
    "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "LGPL",
}  # fmt: skip
"""What may be used by a program under MIT without a word."""

NAMED = {
    "espeakng-loader": "GPL-3.0-or-later",  # of the eSpeak NG that it brings
    "mutagen": "GPL-2.0-or-later",
    "piper-tts": "GPL-3.0-or-later",
}
"""Under the GPL: packages that users install beside the program, and that README names."""

STATED = {"resvg-py": ("MIT",)}
"""Said by a file of the package alone."""

_WORDS = {
    "apache": "Apache-2.0",
    "bsd": "BSD",
    "expat": "MIT",
    "gnu lesser": "LGPL",
    "lgpl": "LGPL",
    "gnu general": "GPL",
    "gpl": "GPL",
    "isc": "ISC",
    "mit": "MIT",
    "mozilla": "MPL-2.0",
    "mpl": "MPL-2.0",
    "python software": "PSF-2.0",
    "psf": "PSF-2.0",
    "public domain": "CC0-1.0",
    "unlicense": "Unlicense",
}


@dataclass(frozen=True, slots=True)
class Package:
    """One that is installed with the program."""

    name: str
    licences: tuple[str, ...]
    """SPDX identifiers, as far as they are known; none where it says nothing."""
    extras: frozenset[str]
    """Which extras bring it; none: it comes always."""

    @property
    def fits(self) -> bool:
        """Whether each of its licences fits, or is named."""
        if self.name in NAMED:
            return True
        return bool(self.licences) and all(
            each in FITTING or each.startswith("LGPL") for each in self.licences
        )


def packages() -> list[Package]:
    """Every package that the program needs or an extra brings, as far as it is installed here."""
    brought: dict[str, set[str]] = {}
    for extra in ("", *EXTRAS):
        for name in _closure("audiocoach", extra, set()):
            brought.setdefault(name, set()).add(extra)
    return [
        Package(
            name,
            STATED.get(name) or licences(distribution(name)),
            frozenset() if "" in by else frozenset(by),
        )
        for name, by in sorted(brought.items())
    ]


def _closure(name: str, extra: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    for text in distribution(name).requires or ():
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        if extra and name == "audiocoach" and not (wanted.marker and "extra" in str(wanted.marker)):
            continue
        other = canonicalize_name(wanted.name)
        for inner in ("", *wanted.extras):
            if (other, inner) in seen:
                continue
            seen.add((other, inner))
            try:
                distribution(other)
            except PackageNotFoundError:
                continue
            yield other
            yield from _closure(other, inner, seen)


def licences(package: Distribution) -> tuple[str, ...]:
    """What a package says of its licence: as an expression, by classifiers or in words."""
    told = package.metadata
    if expression := _field(told, "License-Expression"):
        alternatives = re.split(r"\s+OR\s+", expression.strip("() "))
        if len(alternatives) > 1:  # any of them may be chosen
            expression = next((each for each in alternatives if each in FITTING), expression)
        return tuple(part.strip("() ") for part in re.split(r"\s+(?:AND|WITH)\s+", expression))
    classified = [
        each.rpartition(" :: ")[2]
        for each in told.get_all("Classifier") or ()
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    texts = classified or [line for line in [_field(told, "License").strip()] if line]
    return tuple(dict.fromkeys(filter(None, map(_identifier, texts))))


def _field(told: PackageMetadata, name: str) -> str:
    return told[name] if name in told else ""  # noqa: SIM401 - it has no get


def _identifier(text: str) -> str:
    text = text.splitlines()[0][:100]
    if text in FITTING:
        return text
    for word, identifier in _WORDS.items():
        if re.search(rf"\b{word}", text, re.IGNORECASE):
            return identifier
    return text


def table() -> str:
    """All of them, as Markdown."""
    lines = ["| package | licence | comes with |", "|---|---|---|"]
    for each in packages():
        told = NAMED.get(each.name) or " and ".join(each.licences) or "?"
        with_ = ", ".join(sorted(each.extras)) or "always"
        lines.append(f"| {each.name} | {told} | {with_} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201
