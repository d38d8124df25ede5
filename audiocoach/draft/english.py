"""What is known of English: the words by which an article tells what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


def words_of(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


class Kind(Enum):
    """What kind of time a verb needs."""

    WORK = auto()
    READY = auto()
    MOVE = auto()
    BREATH = auto()
    OPEN = auto()
    """What it stands with decides."""


VERBS: Mapping[str, Kind] = {
    **dict.fromkeys(
        words_of(
            "massage rub stroke knead press squeeze glide circle roll tap pat drum rock shake"
            " stretch hold lean twist sweep slide brush drag lift pull push hug fan rotate raise"
            " bend tilt extend flex reach arch walk march jog jump squat crawl relax rest"
            " meditate scan soften loosen"
        ),
        Kind.WORK,
    ),
    **dict.fromkeys(
        words_of(
            "choose find get prepare warm pour set light dim select pick gather bring take remove"
            " wash dry wear undress fill open close clear arrange spread cover ask tell let have"
            " help allow play turn-off put clean wipe wrap drink eat cook heat cool buy mix add"
            " check ensure avoid talk try test"
        ),
        Kind.READY,
    ),
    **dict.fromkeys(
        words_of(
            "move go place position lie lay sit stand kneel step turn switch change return come"
            " point face look straddle straighten lower drop roll-over stay stop release rise"
            " interlace cross uncross align grab grip support straddle shift focus notice feel"
            " imagine listen count pause wait"
        ),
        Kind.MOVE,
    ),
    **dict.fromkeys(
        words_of("breathe inhale exhale sigh"),
        Kind.BREATH,
    ),
    **dict.fromkeys(
        words_of(
            "use make start begin continue do apply keep repeat work finish end give perform"
            " remember follow ease alternate vary increase decrease concentrate oil be"
        ),
        Kind.OPEN,
    ),
}
"""Verbs that tell to do something, and what kind of time they need."""

NOUNS = words_of(
    "massage rub stroke press squeeze circle roll tap pat rock shake stretch hold lean twist brush"
    " drag lift pull push rest walk jog jump light set wear cover help play drink heat cool check"
    " test place position step turn switch change return point face look drop stay stop release"
    " rise cross grip support shift focus feel count pause wait use make start work end repeat"
    " oil keep finish increase decrease scan reach fan bend"
    " warm cool dry clean open close clear lower"
)
"""Verbs that are as often the name of a thing, or of how it is."""
FINITE = words_of(
    "is are was were can will would may might could should has had helps does therapy therapies"
    " makes gives relieves comes consists"
)
"""What follows soon where such a word is the subject of a statement."""

ADVERBS = words_of(
    "now then next first second third finally lastly afterwards also again gently slowly carefully"
    " softly lightly firmly evenly please simply just always and or but so instead meanwhile"
    " immediately repeatedly quietly calmly deeply smoothly steadily alternately"
)
LEADS = words_of(
    "with using after before when once while if as to for at in on from by starting beginning"
    " standing sitting kneeling lying without during until keeping holding moving placing even"
    " whenever where unless"
)
"""Words that begin a clause before the one that tells what to do."""
BEFORE_NOUN = words_of(
    "a an the this that these those your his her their its my our each every any some no of in on"
    " with by for from into than more most less very back body full good great relaxing gentle"
    " slow deep light it he she they we you i who which to can will would should is are was or"
    " not no-one partner's"
)
"""What stands before a noun or a subject's verb, never before what tells to do something."""

NUMBERS: Mapping[str, float] = {
    word: number
    for number, words in (
        (1, "a an one"),
        (2, "two couple"),
        (3, "three few"),
        (4, "four"),
        (5, "five several"),
        (6, "six"),
        (8, "eight"),
        (10, "ten"),
        (12, "twelve"),
        (15, "fifteen"),
        (20, "twenty"),
        (30, "thirty"),
        (60, "sixty"),
        (0.5, "half"),
    )
    for word in words.split()
}
NOT_ASKED = frozenset(("give", "have", "get", "feel", "find", "be", "do", "make", "expect"))
"""Too common after "you can" to tell anything."""

AFTER_VERB = words_of(
    "the your their his her its a an it them both each up down upwards downwards upward downward"
    " over along outwards inwards outward inward across to towards toward around through until"
    " gently slowly softly lightly firmly evenly again there here out"
)
"""What follows a verb, seldom a noun that looks the same."""
