"""The words that ``reading`` needs of each language. A language is one more entry."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unit:
    """What a sign behind a number is called."""

    one: str
    """With its article or number: ``one minute``, ``eine Minute``."""
    many: str
    feminine: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """One language. Signs and abbreviations are matched as they are written here."""

    range_word: str
    times: str
    """Behind a number alone: ``3x``; ``{}`` is the number."""
    times_between: str
    """``3 x 10``."""
    percent: str
    about: str
    and_word: str
    units: dict[str, Unit]
    """Signs that may touch their number."""
    spaced_units: dict[str, Unit]
    """Signs that need a space: ``80s`` and ``5G`` are something else."""
    abbreviations: dict[str, str]
    titles: dict[str, str]
    """Only before a capital letter."""
    closing: tuple[str, ...]
    """Abbreviations that may end a sentence, which then keeps its full stop."""
    halves: dict[str, str] = field(default_factory=dict)
    """What follows ``1/2``, and what both are together."""
    ordinals: dict[str, str] = field(default_factory=dict)
    """Endings of ordinal numbers, and what ``numbers.ordinal`` calls them."""


_METRIC = ("mm", "cm", "km", "ml", "kg")


def _units(metric: tuple[str, ...], one: str, plural: str = "s") -> dict[str, Unit]:
    """Names of the metric units, in the order of ``_METRIC``."""
    return {
        sign: Unit(f"{one} {name}", name + plural)
        for sign, name in zip(_METRIC, metric, strict=True)
    }


_EN_MINUTE, _EN_SECOND = Unit("one minute", "minutes"), Unit("one second", "seconds")
_DE_MINUTE = Unit("eine Minute", "Minuten", feminine=True)
_DE_SECOND = Unit("eine Sekunde", "Sekunden", feminine=True)
_DE_HOUR = Unit("eine Stunde", "Stunden", feminine=True)
_ES_MINUTE, _ES_SECOND = Unit("un minuto", "minutos"), Unit("un segundo", "segundos")
_FR_MINUTE = Unit("une minute", "minutes", feminine=True)
_FR_SECOND = Unit("une seconde", "secondes", feminine=True)

TABLES: dict[str, Tables] = {
    "en": Tables(
        range_word="to",
        times="{} times",
        times_between="times",
        percent="percent",
        about="about",
        and_word="and",
        units={
            **_units(("millimeter", "centimeter", "kilometer", "milliliter", "kilogram"), "one"),
            "min": _EN_MINUTE,
            "mins": _EN_MINUTE,
            "sec": _EN_SECOND,
            "secs": _EN_SECOND,
            "hr": Unit("one hour", "hours"),
            "hrs": Unit("one hour", "hours"),
            "°C": Unit("one degree Celsius", "degrees Celsius"),
            "°F": Unit("one degree Fahrenheit", "degrees Fahrenheit"),
            "°": Unit("one degree", "degrees"),
        },
        spaced_units={
            "s": _EN_SECOND,
            "h": Unit("one hour", "hours"),
            "g": Unit("one gram", "grams"),
            "l": Unit("one liter", "liters"),
            "tsp": Unit("one teaspoon", "teaspoons"),
            "tbsp": Unit("one tablespoon", "tablespoons"),
            "lb": Unit("one pound", "pounds"),
            "lbs": Unit("one pound", "pounds"),
            "oz": Unit("one ounce", "ounces"),
            "ft": Unit("one foot", "feet"),
        },
        abbreviations={
            "e.g.": "for example",
            "i.e.": "that is",
            "etc.": "et cetera",
            "vs.": "versus",
            "approx.": "approximately",
            "incl.": "including",
            "w/o": "without",
            "w/": "with",
        },
        titles={"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missis", "Ms.": "Miz"},
        closing=("etc.",),
        ordinals={"st": "", "nd": "", "rd": "", "th": ""},
    ),
    "de": Tables(
        range_word="bis",
        times="{}mal",
        times_between="mal",
        percent="Prozent",
        about="etwa",
        and_word="und",
        units={
            **_units(
                ("Millimeter", "Zentimeter", "Kilometer", "Milliliter", "Kilogramm"), "ein", ""
            ),
            "min": _DE_MINUTE,
            "Min.": _DE_MINUTE,
            "Min": _DE_MINUTE,
            "sek": _DE_SECOND,
            "Sek.": _DE_SECOND,
            "Sek": _DE_SECOND,
            "Std.": _DE_HOUR,
            "Std": _DE_HOUR,
            "°C": Unit("ein Grad Celsius", "Grad Celsius"),
            "°": Unit("ein Grad", "Grad"),
        },
        spaced_units={
            "s": _DE_SECOND,
            "h": _DE_HOUR,
            "g": Unit("ein Gramm", "Gramm"),
            "l": Unit("ein Liter", "Liter"),
            "TL": Unit("ein Teelöffel", "Teelöffel"),
            "EL": Unit("ein Esslöffel", "Esslöffel"),
        },
        abbreviations={
            "z. B.": "zum Beispiel",
            "z.B.": "zum Beispiel",
            "d. h.": "das heißt",
            "d.h.": "das heißt",
            "u. a.": "unter anderem",
            "u.a.": "unter anderem",
            "usw.": "und so weiter",
            "bzw.": "beziehungsweise",
            "ca.": "circa",
            "evtl.": "eventuell",
            "ggf.": "gegebenenfalls",
            "inkl.": "inklusive",
        },
        titles={"Dr.": "Doktor", "Prof.": "Professor", "Fr.": "Frau", "Hr.": "Herr"},
        closing=("usw.",),
        halves={
            "Stunde": "eine halbe Stunde",
            "Minute": "eine halbe Minute",
            "Liter": "ein halber Liter",
        },
    ),
    "es": Tables(
        range_word="a",
        times="{} veces",
        times_between="por",
        percent="por ciento",
        about="unos",
        and_word="y",
        units={
            **_units(("milímetro", "centímetro", "kilómetro", "mililitro", "kilogramo"), "un"),
            "min": _ES_MINUTE,
            "seg": _ES_SECOND,
            "°C": Unit("un grado Celsius", "grados Celsius"),
            "°": Unit("un grado", "grados"),
        },
        spaced_units={
            "s": _ES_SECOND,
            "h": Unit("una hora", "horas", feminine=True),
            "g": Unit("un gramo", "gramos"),
            "l": Unit("un litro", "litros"),
        },
        abbreviations={
            "p. ej.": "por ejemplo",
            "p.ej.": "por ejemplo",
            "etc.": "etcétera",
            "aprox.": "aproximadamente",
        },
        titles={"Dr.": "doctor", "Dra.": "doctora", "Sr.": "señor", "Sra.": "señora"},
        closing=("etc.",),
        halves={"hora": "media hora", "minuto": "medio minuto", "litro": "medio litro"},
        ordinals={"º": "", ".º": "", "ª": "a", ".ª": "a"},
    ),
    "fr": Tables(
        range_word="à",
        times="{} fois",
        times_between="fois",
        percent="pour cent",
        about="environ",
        and_word="et",
        units={
            **_units(("millimètre", "centimètre", "kilomètre", "millilitre", "kilogramme"), "un"),
            "min": _FR_MINUTE,
            "sec": _FR_SECOND,
            "°C": Unit("un degré Celsius", "degrés Celsius"),
            "°": Unit("un degré", "degrés"),
        },
        spaced_units={
            "s": _FR_SECOND,
            "h": Unit("une heure", "heures", feminine=True),
            "g": Unit("un gramme", "grammes"),
            "l": Unit("un litre", "litres"),
        },
        abbreviations={
            "p. ex.": "par exemple",
            "p.ex.": "par exemple",
            "c.-à-d.": "c'est-à-dire",
            "etc.": "et cetera",
            "env.": "environ",
        },
        titles={"Dr": "Docteur", "Mme": "Madame", "Mlle": "Mademoiselle"},
        closing=("etc.",),
        halves={
            "heure": "une demi-heure",
            "minute": "une demi-minute",
            "litre": "un demi-litre",
        },
        ordinals={"er": "", "re": "e", "ère": "e", "e": "", "ème": ""},
    ),
}
"""By the first subtag of the language."""
