"""What the files of a plan are called, and that no two of them are called the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from audiocoach import sidecars
from audiocoach.batch.plan import LISTS, OWN, Plan
from audiocoach.batch.product import Combination
from audiocoach.errors import Problem, nearest
from audiocoach.script.names import is_sound
from audiocoach.sinks.formats import FORMATS

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNFIT = re.compile(r"[^\w.+-]+")
_EMPTY = re.compile(r"([-_. ])(?=[-_. /]|$)|(?<=/)[-_. ]+|^[-_. ]+")
"""What is left around a value that is not there: ``back--20m``, ``back-.mp3``."""
_EXTENSION = ".{format}"


def pattern_of(plan: Plan, combinations: Sequence[Combination]) -> str:
    """The plan's own pattern, or else all that differs; it ends in ``.{format}`` or a suffix."""
    if plan.output is None:
        told = [each.told() for each in combinations]
        names = dict.fromkeys(name for each in told for name in each)
        order = sorted(names, key=lambda name: name not in ("routine", "language"))
        differ = [name for name in order if len({each.get(name) for each in told}) > 1]
        shown = [name for name in dict.fromkeys(["routine", *differ]) if name != "format"]
        return "-".join(f"{{{name}}}" for name in shown) + _EXTENSION
    fixed = PurePosixPath(plan.output).suffix.removeprefix(".")
    if plan.output.endswith(_EXTENSION) or fixed in FORMATS:
        return plan.output
    return plan.output + _EXTENSION


def check_pattern(plan: Plan) -> Iterable[Problem]:
    """What is wrong with the plan's pattern by itself."""
    pattern = plan.output or ""
    known = [*LISTS, *(f"set.{name}" for name in _choices(plan))]
    for name in _PLACEHOLDER.findall(pattern):
        if name not in known:
            told = f"there is no {{{name}}} to put in a name{nearest(name, known)}"
            yield plan.places.problem(("output",), told, pattern)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", pattern)):
        yield plan.places.problem(("output",), "a { or } stands alone", pattern)
    fixed = PurePosixPath(pattern).suffix.removeprefix(".")
    formats = plan.lists["format"]
    if fixed in FORMATS and set(formats) - {fixed}:
        told = f"the name ends in .{fixed}, the format is {', '.join(formats)}"
        yield plan.places.problem(("output",), f"{told}; write .{{format}}", pattern)


def _choices(plan: Plan) -> dict[str, None]:
    every = (plan.choices, *(each.choices for each in plan.includes))
    return dict.fromkeys(name for choices in every for name in choices)


def name_all(
    plan: Plan, combinations: Sequence[Combination]
) -> tuple[dict[str, Combination], list[Problem]]:
    """Each combination by the path of its file, with ``/``; and names that cannot be."""
    pattern = pattern_of(plan, combinations)
    named: dict[str, Combination] = {}
    taken: dict[str, Combination] = {}
    problems: dict[Problem, None] = {}
    for each in combinations:
        name = fill(pattern, each.told())
        if not is_sound(name):
            told = f'"{name}" cannot be the name of a file'
            problems[plan.places.problem(("output",), told, plan.output)] = None
            continue
        for file in files_of(name, plan.beside):
            key = unicodedata.normalize("NFC", file).casefold()
            if key in taken:
                told = _collision(file, taken[key], each)
                problems[plan.places.problem(("output",), told, plan.output)] = None
            taken[key] = each
        named[name] = each
    return named, list(problems)


def fill(pattern: str, told: Mapping[str, str]) -> str:
    """A pattern with its values; where there is none, its hyphen goes too."""

    def value(match: re.Match[str]) -> str:
        found = told.get(match[1], "")
        if match[1] == "voice" and found.endswith(".onnx"):
            found = Path(found).stem
        return "" if found == OWN else _UNFIT.sub("-", found.replace(" + ", "+")).strip("-.")

    return _EMPTY.sub("", _PLACEHOLDER.sub(value, pattern))


def files_of(name: str, beside: Iterable[str]) -> list[str]:
    """The sound and what lies beside it, with ``/``."""
    others = sidecars.beside(Path(name), beside)
    return [name, *(path.as_posix() for path in others)]


def _collision(name: str, first: Combination, second: Combination) -> str:
    one, other = first.told(), second.told()
    differ = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    if not differ:
        paths = f"{first.script.source.path} and {second.script.source.path}"
        return f'two routines would be written to "{name}": {paths}'
    shown = " and ".join(f"{{{key}}}" for key in differ)
    return f'two files would be called "{name}"; write {shown} into output'
