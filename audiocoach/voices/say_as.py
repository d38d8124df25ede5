"""Words of which a script says what they are: ``(801)[number]``, ``(10-11)[date:"md"]``.

Each reading takes the words, the value of the mark and the language, and gives the words to
be spoken; where it does not know better, the words as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from audiocoach.voices import numbers
from audiocoach.voices.numbers import base, cardinal, digit_words, listed, ordinal, year

_MONTHS = {
    "en": listed(
        "January February March April May June July August September October November December"
    ),
    "de": listed(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    ),
    "es": listed(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    "fr": listed(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    ),
}
_PLUS = {"en": "plus", "de": "plus", "es": "más", "fr": "plus"}
_AND = {"en": "and", "de": "und", "es": "y", "fr": "et"}
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_GROUPS = {7: (3, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4)}
"""How telephone numbers without spaces are cut (the North American plan); others by threes."""


def characters(words: str, value: str, language: str) -> str:
    """Letter by letter, with a little time between them."""
    del value
    said = [
        (digit_words(char, language) or [char])[0] if char in "0123456789" else char.upper()
        for char in words
        if char.isalnum()
    ]
    return ", ".join(said) or words


def digits(words: str, value: str, language: str) -> str:
    """Digit by digit."""
    del value
    return " ".join(digit_words("".join(re.findall("[0-9]", words)), language) or words.split())


def number(words: str, value: str, language: str) -> str:
    """A cardinal number."""
    del value
    return read_number(words, language) or words


def read_number(words: str, language: str) -> str | None:
    """A number as it is written in ``language``: thousands in groups, a decimal point."""
    thousands, point = (",", ".") if base(language) == "en" else (".", ",")
    text = words.strip()
    group = rf"[{re.escape(thousands)} \u00a0]"
    grouped = rf"[-+\u2212]?\d{{1,3}}(?:{group}\d{{3}})+(?:{re.escape(point)}\d+)?"
    if re.fullmatch(grouped, text, re.ASCII):
        text = re.sub(group, "", text)
    return numbers.decimal(text, language)


def ordinal_number(words: str, value: str, language: str) -> str:
    """An ordinal number."""
    del value
    return ordinal(int(words), language) or words if words.isdecimal() else words


def fraction(words: str, value: str, language: str) -> str:
    """``1/2``, ``1 1/2`` or ``1+1/2``."""
    del value
    match = re.fullmatch(r"(?:(\d+)[+ ])?(\d+)/(\d+)", words, re.ASCII)
    part = match and numbers.fraction(int(match[2]), int(match[3]), language)
    if not (match and part):
        return words
    if not match[1]:
        return part
    return f"{cardinal(int(match[1]), language) or match[1]} {_AND[base(language)]} {part}"


def date(words: str, value: str, language: str) -> str:
    """A date of which ``value`` gives the order, as ``mdy``."""
    found = re.findall(r"\d+", words)
    kind = base(language)
    if len(found) != len(value) or kind not in _MONTHS:
        return words
    given = {key: int(text) for key, text in zip(value, found, strict=True)}
    if not (1 <= given.get("m", 1) <= 12 and 1 <= given.get("d", 1) <= 31):
        return words
    if "y" in given and given["y"] < 100:
        given["y"] += 2000
    month = _MONTHS[kind][given["m"] - 1] if "m" in given else ""
    day = _day(given["d"], language) if "d" in given else ""
    spoken_year = (year(given["y"], language) or str(given["y"])) if "y" in given else ""
    if kind == "en":
        said = " ".join(filter(None, (month, day)))
        return (
            ", ".join(filter(None, (said, spoken_year))) if day else f"{said} {spoken_year}".strip()
        )
    return (" de " if kind == "es" else " ").join(filter(None, (day, month, spoken_year)))


def _day(number_: int, language: str) -> str:
    kind = base(language)
    if kind in ("es", "fr") and number_ > 1:
        return cardinal(number_, language) or str(number_)
    return ordinal(number_, language, "r" if kind == "de" else "") or str(number_)


def time(words: str, value: str, language: str) -> str:
    """A time of day; ``value`` is ``hms12``, ``hms24`` or nothing, as the language has it."""
    match = _CLOCK.fullmatch(words.strip())
    if match is None or base(language) not in _MONTHS:
        return words
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    half = (match["half"] or "").lower()
    if hour > 24 or minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return words
    of_24 = hour % 12 + (12 if half == "p" else 0) if half else hour
    if base(language) != "en":
        return _clock(of_24, minute, second, language)
    if value == "hms24":
        return _clock_en(of_24, minute, second, "")
    if half or (value == "hms12" and (hour > 12 or not hour)):
        return _clock_en((of_24 - 1) % 12 + 1, minute, second, "p m" if of_24 % 24 >= 12 else "a m")
    return _clock_en(hour, minute, second, "")


def _clock_en(hour: int, minute: int, second: int, half: str) -> str:
    said = [numbers.cardinal(hour, "en") or ""]
    if minute:
        said += ["oh"] * (minute < 10) + [numbers.cardinal(minute, "en") or ""]
    elif not second and not half:
        said.append("o'clock" if 1 <= hour <= 12 else "hundred")
    if second:
        said.append(f"and {numbers.cardinal(second, 'en')} second{'s' * (second > 1)}")
    return " ".join([*said, *([half] if half else [])])


_HOUR = {"de": ("ein Uhr", "{} Uhr"), "es": ("una", "{}"), "fr": ("une heure", "{} heures")}
_EXACT = {"es": " en punto"}
_SECONDS = {
    "de": ("eine Sekunde", "{} Sekunden"),
    "es": ("un segundo", "{} segundos"),
    "fr": ("une seconde", "{} secondes"),
}


def _clock(hour: int, minute: int, second: int, language: str) -> str:
    kind = base(language)
    said = _counted(_HOUR[kind], hour, language)
    if minute:
        joint = " y " if kind == "es" else " "
        said += joint + (cardinal(minute, language) or "")
    elif not second:
        said += _EXACT.get(kind, "")
    if second:
        said += f" {_AND[kind]} " + _counted(_SECONDS[kind], second, language)
    return said


def _counted(forms: tuple[str, str], count: int, language: str) -> str:
    if count == 0 and language.startswith("fr"):
        return forms[1].format("zéro").removesuffix("s")
    return forms[0] if count == 1 else forms[1].format(cardinal(count, language) or count)


def telephone(words: str, value: str, language: str) -> str:
    """Digit by digit, with a little time between the groups."""
    del value
    kind = base(language)
    groups = re.findall(r"\d+", words, re.ASCII)
    if len(groups) == 1:
        groups = _cut(groups[0])
    said = [" ".join(digit_words(group, language) or list(group)) for group in groups]
    if said and words.strip().startswith("+") and kind in _PLUS:
        said[0] = f"{_PLUS[kind]} {said[0]}"
    return ", ".join(said) or words


def _cut(group: str) -> list[str]:
    sizes = _GROUPS.get(len(group))
    if sizes is None:
        return [group[at : at + 3] for at in range(0, len(group), 3)]
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return [group[start : start + size] for start, size in zip(starts, sizes, strict=True)]


READINGS: dict[str, Callable[[str, str, str], str]] = {
    "characters": characters,
    "digits": digits,
    "number": number,
    "ordinal": ordinal_number,
    "fraction": fraction,
    "date": date,
    "time": time,
    "telephone": telephone,
}
"""By the name of the mark."""
