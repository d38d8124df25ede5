"""A plan's cross product: every combination, what is left out and what is added."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from audiocoach.batch.places import Key
from audiocoach.batch.plan import OWN, Plan, Some
from audiocoach.batch.scripts import Script, bases, in_language, read_script
from audiocoach.errors import AudiocoachError, Problem, ScriptError, nearest
from audiocoach.voices.language import agreement

MAX_COMBINATIONS = 10_000
"""Files of one plan."""
_PARTS = ("voice", "length", "preset", "format", "ambience")


@dataclass(frozen=True)
class Combination:
    """One file that a plan asks for."""

    script: Script
    asked: str
    """The routine as the plan calls it."""
    language: str
    """As the plan calls it, ``own`` included."""
    voice: str
    length: str
    preset: str
    format: str
    ambience: str
    choices: tuple[tuple[str, str], ...]
    key: Key
    """What of the plan asks for it."""

    def told(self) -> dict[str, str]:
        """Its parts by name, for people and for the names of files."""
        return {
            "routine": self.script.name,
            "language": self.script.language if self.language == OWN else self.language,
            **{name: str(getattr(self, name)) for name in _PARTS},
            **{f"set.{name}": value for name, value in self.choices},
        }


class Product:
    """Goes through a plan; ``problems`` holds all that is wrong with it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.problems: dict[Problem, None] = {}
        self._offered: dict[str, None] = {}
        """Choices of all scripts."""
        self._read = cache(read_script)
        self._found: dict[tuple[Path, str], Script | None] = {}

    def combinations(self) -> list[Combination]:
        """Every one, once, in the order of the plan; excludes do not touch includes."""
        plan = self._plan
        every = Some((), plan.lists, plan.choices)
        found = self._bounded(every)
        for exclude in plan.excludes:
            kept = [each for each in found if not matches(exclude, each)]
            if len(kept) == len(found) and not self.problems:
                self._add(exclude.key, "this leaves nothing out: no combination is like it")
            found = kept
        for include in plan.includes:
            values = {**plan.lists, **include.values}
            choices = {**plan.choices, **include.choices}
            found += self._bounded(Some(include.key, values, choices), include)
        for some in (every, *plan.includes):
            for name in some.choices:
                if name not in self._offered and not self.problems:
                    what = f'no routine of this plan offers the choice "{name}"'
                    key = (*some.key, "set", name)
                    self._add(key, f"{what}{nearest(name, self._offered)}")
        unique = {replace(each, key=()): each for each in reversed(found)}
        return list(reversed(unique.values()))

    def _bounded(self, some: Some, include: Some | None = None) -> list[Combination]:
        found = list(itertools.islice(self._product(some, include), MAX_COMBINATIONS + 1))
        if len(found) > MAX_COMBINATIONS:
            self._add(some.key, f"this makes too many files; the most is {MAX_COMBINATIONS}")
            return []
        return found

    def _product(self, some: Some, include: Some | None) -> Iterator[Combination]:
        for asked, language in itertools.product(some.values["routine"], some.values["language"]):
            for script in self._scripts(some.key, asked, language):
                self._offered |= dict.fromkeys(script.choices)
                lists = [
                    self._voices(some, script, include),
                    *(some.values[name] for name in _PARTS[1:]),
                    *self._choices(some, script),
                ]
                for voice, length, preset, form, ambience, *chosen in itertools.product(*lists):
                    names = [name for name in script.choices if name in some.choices]
                    yield Combination(
                        script,
                        asked,
                        language,
                        voice,
                        length,
                        preset,
                        form,
                        ambience,
                        tuple(zip(names, chosen, strict=True)),
                        some.key,
                    )

    def _add(self, key: Key, message: str, value: str | None = None) -> None:
        self.problems[self._plan.places.problem(key, message, value)] = None

    def _scripts(self, key: Key, asked: str, language: str) -> list[Script]:
        at = (*key, "routine") if key else ("routines",)
        try:
            paths = bases(asked, self._plan.folder)
        except AudiocoachError as error:
            self._add(at, str(error), asked)
            return []
        scripts = (self._script(at, asked, path, language) for path in paths)
        return [script for script in scripts if script is not None]

    def _script(self, key: Key, asked: str, base: Path, language: str) -> Script | None:
        if (base, language) not in self._found:
            self._found[base, language] = None
            try:
                self._found[base, language] = in_language(base, language, self._read)
            except ScriptError as error:
                self.problems |= dict.fromkeys(error.problems)
            except AudiocoachError as error:
                self._add(key, str(error), asked)
        return self._found[base, language]

    def _voices(self, some: Some, script: Script, include: Some | None) -> tuple[str, ...]:
        by_language = self._plan.voices
        if not by_language or (include is not None and "voice" in include.values):
            return some.values["voice"]
        fits = {each: agreement(script.language, each) for each in by_language}
        best = max(fits, key=lambda each: fits[each])
        if not fits[best]:
            spoken = script.language
            there = ", ".join(by_language)
            self._add(("voices",), f'there is no voice for "{spoken}", only for {there}')
            return ()
        return by_language[best]

    def _choices(self, some: Some, script: Script) -> list[tuple[str, ...]]:
        """Values for the choices that this script offers; it may not know all of the plan's."""
        lists = []
        for name, offered in script.choices.items():
            if name not in some.choices:
                continue
            for value in some.choices[name]:
                if value not in offered:
                    key = (*some.key, "set", name)
                    told = f'"{name}" of {script.name} is never "{value}"'
                    self._add(key, f"{told}{nearest(value, offered)}", value)
            right = tuple(value for value in some.choices[name] if value in offered)
            lists.append(right or offered[:1])  # so that what else is wrong is found too
        return lists


def matches(some: Some, combination: Combination) -> bool:
    """Whether a combination has one of the values in each part that ``some`` names."""
    told = combination.told()
    called = {"routine": combination.asked, "language": combination.script.language}
    for name, values in some.values.items():
        if told[name] not in values and called.get(name) not in values:
            return False
    return all(told.get(f"set.{name}") in values for name, values in some.choices.items())
