"""Numbers in words: English (as in America), German, Spanish and French.

A language is known by its first subtag. Every function gives ``None`` for a language or a
number that it does not know: then the digits are left to the engine.
"""

from __future__ import annotations

from collections.abc import Callable

MOST = 999_999_999
"""The largest number that is put into words."""


def listed(words: str) -> list[str]:
    """Words in the order of what they stand for."""
    return words.split()


_SMALL = {
    "en": listed(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ),
    "de": listed(
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
        "fünfzehn sechzehn siebzehn achtzehn neunzehn"
    ),
    "es": listed(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
    ),
    "fr": listed(
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize dix-sept dix-huit dix-neuf"
    ),
}
_TENS = {
    "en": listed("- - twenty thirty forty fifty sixty seventy eighty ninety"),
    "de": listed("- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"),
    "es": listed("- - veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
    "fr": listed("- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt"),
}
_HUNDREDS_ES = listed(
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos "
    "ochocientos novecientos"
)

_MINUS_SIGN = "\N{MINUS SIGN}"
POINT = {"en": "point", "de": "Komma", "es": "coma", "fr": "virgule"}
MINUS = {"en": "minus", "de": "minus", "es": "menos", "fr": "moins"}

_ORDINALS_EN = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_ORDINALS_DE = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
_ORDINALS_ES = listed("- primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo")
_PARTS_ES = listed("- - medio tercio cuarto quinto sexto séptimo octavo noveno décimo")


def base(language: str) -> str:
    """``de-AT`` -> ``de``."""
    return language.replace("_", "-").partition("-")[0].lower()


def cardinal(number: int, language: str) -> str | None:
    """``21`` -> ``twenty-one``, ``einundzwanzig``, ``veintiuno``, ``vingt et un``."""
    make = _CARDINALS.get(base(language))
    return make(number) if make and 0 <= number <= MOST else None


def decimal(text: str, language: str) -> str | None:
    """``2.5`` or ``2,5`` -> ``two point five``: the digits after the point one by one."""
    sign, rest = ("-", text[1:]) if text[:1] in ("-", _MINUS_SIGN) else ("", text.removeprefix("+"))
    whole, _, digits = rest.replace(",", ".").partition(".")
    words = cardinal(int(whole), language) if whole.isdecimal() and len(whole) <= 9 else None
    if words is None or not (digits.isdecimal() or not digits):
        return None
    said = [*([MINUS[base(language)]] if sign else []), words]
    if digits:
        said += [POINT[base(language)], *(digit_words(digits, language) or [])]
    return " ".join(said)


def digit_words(digits: str, language: str) -> list[str] | None:
    """Each digit by itself."""
    small = _SMALL.get(base(language))
    return [small[int(digit)] for digit in digits] if small else None


def ordinal(number: int, language: str, ending: str = "") -> str | None:
    """``2`` -> ``second``, ``zweite``, ``segundo``, ``deuxième``.

    ``ending`` is that of German (``r``, ``n``, ``s``) or of the feminine (``a``, ``e``).
    """
    kind = base(language)
    words = cardinal(number, language)
    if words is None or not number or (kind == "es" and number >= len(_ORDINALS_ES)):
        return None
    if kind == "en":
        return _ordinal_en(words)
    if kind == "de":
        return _stem_de(number) + "e" + ending
    if kind == "es":
        return _ORDINALS_ES[number][:-1] + "a" if ending == "a" else _ORDINALS_ES[number]
    if number == 1:
        return "première" if ending == "e" else "premier"
    return _ordinal_fr(words)


def fraction(above: int, below: int, language: str) -> str | None:
    """``3/4`` -> ``three quarters``, ``drei Viertel``, ``tres cuartos``, ``trois quarts``."""
    kind = base(language)
    part = _part(below, kind, one=above == 1) if 0 < above < 100 and 1 < below <= 100 else None
    if part is None:
        return None
    one = {"de": "ein", "es": "un"}.get(kind)
    return f"{one if one and above == 1 else _CARDINALS[kind](above)} {part}"


def _part(below: int, kind: str, *, one: bool) -> str | None:
    """``half``, ``quarters``: one or more of the parts of which ``below`` make a whole."""
    many = "" if one else "s"
    if kind == "en":
        named = {2: "half" if one else "halves", 4: "quarter" + many}
        return named.get(below) or _ordinal_en(_en(below)) + many
    if kind == "de":
        return ("halb" if one else "Halbe") if below == 2 else _part_de(below)
    if kind == "es":
        return _PARTS_ES[below] + many if below <= 10 else None
    if kind == "fr":
        part = {2: "demi", 3: "tiers", 4: "quart"}.get(below) or _ordinal_fr(_fr(below))
        return part if part.endswith("s") else part + many
    return None


def year(number: int, language: str) -> str | None:
    """``1999`` -> ``nineteen ninety-nine``."""
    century, rest = divmod(number, 100)
    if base(language) == "en" and (11 <= century <= 19 or (century == 20 and rest >= 10)):
        if not rest:
            return f"{_en(century)} hundred"
        return f"{_en(century)} {_en(rest) if rest >= 10 else 'oh ' + _en(rest)}"
    if base(language) == "de" and 11 <= century <= 19:
        return f"{_de(century)}hundert{_de(rest) if rest else ''}"
    return cardinal(number, language)


def _en(number: int) -> str:
    if number < 20:
        return _SMALL["en"][number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS["en"][tens] + (f"-{_en(rest)}" if rest else "")
    sizes = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
    size, name = next(entry for entry in sizes if number >= entry[0])
    count, rest = divmod(number, size)
    return f"{_en(count)} {name}" + (f" {_en(rest)}" if rest else "")


def _de(number: int) -> str:
    if number < 20:
        return _SMALL["de"][number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return (f"{_ein(rest)}und" if rest else "") + _TENS["de"][tens]
    if number < 1_000_000:
        size, name = (1_000, "tausend") if number >= 1_000 else (100, "hundert")
        count, rest = divmod(number, size)
        return (_ein(count) if count > 1 else "ein") + name + (_de(rest) if rest else "")
    count, rest = divmod(number, 1_000_000)
    millions = "eine Million" if count == 1 else f"{_de(count)} Millionen"
    return millions + (f" {_de(rest)}" if rest else "")


def _ein(number: int) -> str:
    """As in compounds: without the s of ``eins``."""
    return _de(number).removesuffix("s") if number % 100 == 1 else _de(number)


def _es(number: int) -> str:
    if number < 30:
        return _SMALL["es"][number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS["es"][tens] + (f" y {_es(rest)}" if rest else "")
    if number < 1_000:
        hundreds, rest = divmod(number, 100)
        return (
            f"{_HUNDREDS_ES[hundreds]} {_es(rest)}"
            if rest
            else ("cien" if hundreds == 1 else _HUNDREDS_ES[hundreds])
        )
    size, one, many = (1_000, "mil", "mil") if number < 1_000_000 else (
        1_000_000, "un millón", "millones",
    )  # fmt: skip
    count, rest = divmod(number, size)
    head = one if count == 1 else f"{_un(_es(count))} {many}"
    return head + (f" {_es(rest)}" if rest else "")


def _un(words: str) -> str:
    """Before a noun: ``veintiún``, ``treinta y un``."""
    if words.endswith("veintiuno"):
        return words[:-3] + "ún"
    return words.removesuffix("o") if words.endswith("uno") else words


def _fr(number: int) -> str:
    if number < 20:
        return _SMALL["fr"][number]
    if number < 100:
        tens, rest = divmod(number, 10)
        if tens in (7, 9):
            rest += 10
        if not rest:
            return _TENS["fr"][tens] + ("s" if tens == 8 else "")
        joint = " et " if rest in (1, 11) and tens < 8 else "-"
        return _TENS["fr"][tens] + joint + _fr(rest)
    if number < 1_000:
        hundreds, rest = divmod(number, 100)
        head = "cent" if hundreds == 1 else f"{_fr(hundreds)} cent{'' if rest else 's'}"
        return head + (f" {_fr(rest)}" if rest else "")
    if number < 1_000_000:
        count, rest = divmod(number, 1_000)
        many = _fr(count)
        if many.endswith(("cents", "vingts")):
            many = many[:-1]
        head = "mille" if count == 1 else f"{many} mille"
        return head + (f" {_fr(rest)}" if rest else "")
    count, rest = divmod(number, 1_000_000)
    return f"{_fr(count)} million{'s' if count > 1 else ''}" + (f" {_fr(rest)}" if rest else "")


_CARDINALS: dict[str, Callable[[int], str]] = {"en": _en, "de": _de, "es": _es, "fr": _fr}


def _ordinal_en(words: str) -> str:
    at = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:at], words[at:]
    if last in _ORDINALS_EN:
        return head + _ORDINALS_EN[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def _stem_de(number: int) -> str:
    """``zweit``, ``zwanzigst``: what every form of an ordinal begins with."""
    rest = number % 100
    if 0 < rest < 20:
        head = _de(number - rest) if number > rest else ""
        return head + _ORDINALS_DE.get(rest, _de(rest) + "t")
    return _de(number) + "st"


def _part_de(below: int) -> str:
    stem = _stem_de(below)
    return stem[:1].upper() + stem[1:] + "el"


def _ordinal_fr(words: str) -> str:
    if words.endswith("cinq"):
        return words + "uième"
    if words.endswith("neuf"):
        return words[:-1] + "vième"
    if words.endswith(("vingts", "cents")):
        words = words[:-1]
    return words.removesuffix("e") + "ième"
