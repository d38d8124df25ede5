"""What is said to learn from: commands, "coach" alone, and what is neither.

Nobody of ``speakers.REPORTED`` or ``speakers.TUNING`` says it, but for joe, who is the only one
of his kind. Mixed styles of Kokoro are further voices.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from audiocoach.listen.words import PHRASES
from commanding.speakers import TUNING, Speaker

WORDS = tuple(phrase.words for phrase in PHRASES)

_ACCENTS = ("US", "", "GB-x-rp", "GB-scotland", "029", "GB-x-gbclan", "GB-x-gbcwmd")
_VARIANTS = ("m1", "m3", "m5", "m8", "f1", "f3", "f4")
_RATES = (130, 145, 155, 165, 180, 190)
_KOKORO = (
    *("af_aoede", "af_bella", "af_jessica", "af_kore", "af_nicole", "af_sarah"),
    *("am_adam", "am_liam", "am_onyx", "am_puck", "am_santa", "bf_alice", "bf_emma", "bm_george"),
)
_MIXTURES = 20
_SPEEDS = (0.85, 0.95, 1.0, 1.1, 1.2, 1.3)

_TOGETHER = ("Coach, {}.", "Coach {}.", "Coach, {}!", "Coach. {}.")
WAKE_ALONE = ("Coach.", "Coach?", "Coach!")
_OTHERS = tuple(
    f"Coach, {words}."
    for words in (
        *("pass me the oil", "text me", "better", "good morning", "my neck", "a bag", "shop"),
        *("open the door", "along the spine", "what time is it", "delete it", "contents", "quite"),
        *("the window", "dumb", "how wrong", "faucet", "order", "closer", "lower", "higher"),
        *("harder", "softer", "stronger", "warmer", "thank you", "please", "hello", "left"),
        *("right", "begin", "water", "not yet", "it hurts", "come here", "is that all"),
    )
)
_SHORT = (
    *("Yes.", "No.", "Okay.", "Ouch.", "Oh, that is nice.", "Coke.", "Coat.", "Couch.", "Catch."),
    *("Poach.", "Could you pass it?", "Mmh.", "Text it.", "Not there.", "Neck.", "Pack.", "Top."),
)
_SENTENCES = (
    "Let us turn over now and breathe.",
    "I think the oil is still too cold.",
    "There is a knot under the left shoulder.",
    "Did you lock the front door tonight?",
    "That feels wonderful, thank you.",
    "Could you press a little harder, please?",
    "My feet are cold, is there a blanket?",
    "What shall we eat afterwards?",
    "The rain sounds nice in here.",
    "I was at the gym until seven.",
    "She told me about the new house.",
    "Please do not tickle me there.",
    "A bit to the left, yes, exactly there.",
    "I nearly fell asleep just now.",
    "We can stop whenever you like, you know.",
    "Go on with the next one, then.",
    "It took much longer than last time.",
    "Move back to the shoulders again.",
    "You are much quieter than usual.",
    "How long have we been doing this?",
    "Faster is not better, I believe.",
    "Everything is done for today.",
    "He plays louder when he is happy.",
    "Pause there for a breath.",
    "Continue along the arm to the hand.",
    "My coach says that I should stretch more.",
    "The coach stops in front of the station.",
    "A coach and two cars were in the yard.",
)


@dataclass(frozen=True, slots=True)
class Saying:
    """A text, said by somebody."""

    speaker: Speaker
    text: str
    phrase: str = ""
    """Which of ``WORDS`` it is, alone or after the wake word."""
    wake: bool = False
    """Whether it begins with the wake word."""


def sayings() -> list[Saying]:
    """All of them; the same every time."""
    chance = random.Random(5)  # noqa: S311 - no secret
    accents = [f"gmw/en-{one}" if one else "gmw/en" for one in _ACCENTS]
    espeak = [
        Speaker("espeak", f"{accent}+{variant}", chance.choice(_RATES))
        for accent in accents
        for variant in _VARIANTS
    ]
    mixed = ("+".join(chance.sample(_KOKORO, 2)) for _ in range(_MIXTURES))
    kokoro = [Speaker("kokoro", one, chance.choice(_SPEEDS)) for one in (*_KOKORO, *mixed)]
    joe = [Speaker("joe", "joe", rate) for rate in (0.8, 0.9, 1.0, 1.2, 1.3)]
    known = {one.voice for one in TUNING}
    found: list[Saying] = []
    for number, speaker in enumerate(one for one in espeak if one.voice not in known):
        found += _of(speaker, number, chance, alone=True, others=5, sentences=3)
    for number, speaker in enumerate(kokoro):
        found += _of(speaker, number, chance, alone=number % 2 == 0, others=5, sentences=2)
    for number, speaker in enumerate(joe):
        found += _of(speaker, number, chance, alone=True, others=25, sentences=20)
    return list(dict.fromkeys(found))


def _of(
    speaker: Speaker,
    number: int,
    chance: random.Random,
    *,
    alone: bool,
    others: int,
    sentences: int,
) -> Iterator[Saying]:
    for index, words in enumerate(WORDS):
        form = _TOGETHER[(index + number) % len(_TOGETHER)]
        said = words.capitalize() if form.startswith("Coach. ") else words
        yield Saying(speaker, form.format(said), words, wake=True)
        if alone:
            yield Saying(speaker, words.capitalize() + ".!"[index % 2], words)
    for text in chance.sample(WAKE_ALONE, 2 if alone else 1):
        yield Saying(speaker, text, wake=True)
    for text in chance.sample(_OTHERS, others):
        yield Saying(speaker, text, wake=True)
    for text in (*chance.sample(_SHORT, others // 2), *chance.sample(_SENTENCES, sentences)):
        yield Saying(speaker, text)
