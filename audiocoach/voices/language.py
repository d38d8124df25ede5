"""BCP 47 language tags: how they are written here, and how well two of them agree."""

from __future__ import annotations

from itertools import pairwise

_EXACT, _SAME_REGION, _NO_REGION, _USUAL_REGION, _A_COUNTRY, _SAME_LANGUAGE = 6, 5, 4, 3, 2, 1
_MACROLANGUAGES = {"zh": "cmn", "no": "nb"}
"""Tags in common use for the one language that is meant by them (ISO 639-3)."""


def tag(text: str) -> str:
    """``en_us``, ``EN-us`` -> ``en-US``: case and separator of BCP 47, section 2.1.1."""
    parts = text.replace("_", "-").split("-")
    shown = [parts[0].lower()]
    for before, part in pairwise(parts):
        private = "x" in shown or len(before) == 1
        if len(part) == 2 and not private:
            shown.append(part.upper())
        elif len(part) == 4 and part.isalpha() and not private:
            shown.append(part.title())
        else:
            shown.append(part.lower())
    return "-".join(shown)


def agreement(wanted: str, offered: str) -> int:
    """How well a voice for ``offered`` speaks ``wanted``; 0 if not at all.

    The same tag is best, then the same region, then the language without a region,
    then the region that is its home (``fr-FR``), then any other country.
    """
    wants, offers = _parts(wanted), _parts(offered)
    if wants[0] != offers[0]:
        return 0
    if wants == offers:
        return _EXACT
    if len(wants) > 1 and wants[:2] == offers[:2]:
        return _SAME_REGION
    if len(offers) == 1:
        return _NO_REGION
    if offers[1:] == [offers[0]]:
        return _USUAL_REGION
    return _A_COUNTRY if len(offers) == 2 and len(offers[1]) == 2 else _SAME_LANGUAGE


def _parts(text: str) -> list[str]:
    first, *rest = text.replace("_", "-").lower().split("-")
    return [_MACROLANGUAGES.get(first, first), *rest]
