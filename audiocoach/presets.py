"""What a routine is made for: how loud its parts are, how they are coloured, when the bed moves.

Every number of a preset stands here and nowhere else; docs/sound.md lists them with their
sources, and a test holds both together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from audiocoach.errors import NotFoundError, nearest
from audiocoach.units import Db, Hz, Ms


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud the parts of a mix are, and how the bed makes room for words.

    Speech lies 21 dB over the ducked bed: a recogniser loses words under 12 to 18 dB on a
    phone in a room, and Torcoli et al. (JAES 67/12, 2019) ask for 15 LU for listeners.
    """

    programme: Db = -16.0
    """LUFS of the whole (AES TD1004: -16 to -20; the loud end, for a small loudspeaker)."""
    ceiling: Db = -1.7
    """dBTP before the encoder, whose error then stays under -1 dBTP."""
    bed: Db = -16.5
    """The bed between cues, against speech, at its highest. Louder, and the relative gate of
    BS.1770 no longer leaves it out, even where words are many."""
    bed_least: Db = -30.0
    """The same where words are so few that the bed must be lower to stay under that gate."""
    duck: Db = -4.5
    """The bed under a cue, against the bed between cues."""
    clear: Db = 18.0
    """Speech over the bed under each cue, at least."""
    push: Db = 0.5
    """So much further than needed speech may be pushed to keep the bed higher."""
    most_trim: Db = 1.5
    """Speech is never pushed further than this to bring the whole to ``programme``."""
    mark: Db = -5.0
    """Bells and bowls at their loudest, against speech."""
    attack: Ms = 700
    """The bed sinks in this time before a cue."""
    hold: Ms = 400
    """The bed stays down for this long after a cue."""
    release: Ms = 1_600
    """The bed rises in this time."""
    swell: Db = -6.0
    """The bed after an out-breath, against the bed after an in-breath: it falls and comes back
    and is never louder than without, so that words stay as clear."""
    fade_in: Ms = 2_500
    fade_out: Ms = 7_000


@dataclass(frozen=True, slots=True)
class Tone:
    """How a voice is coloured, before every cue is brought to one loudness."""

    highpass: Hz = 150.0
    """Second order (12 dB an octave), -3 dB here."""
    presence: Hz = 2_800.0
    """The middle of the band that carries consonants."""
    presence_gain: Db = 3.5
    presence_q: float = 0.8
    """The middle over the width of the band."""
    ess: Hz = 4_000.0
    """Sibilants lie above."""
    ess_threshold: Db = -8.0
    """A sibilant's power above ``ess``, against the power of the voice while it speaks, from
    which it is lowered."""
    ess_ratio: float = 3.0
    """Decibels over the threshold that become one."""
    ess_most: Db = 6.0
    """No sibilant is lowered by more."""
    press: float = 0.5
    """The part of what a syllable is louder than the mean that is taken away."""
    lift: float = 0.4
    """The part of how much each sound is softer or louder than the mean that is taken away."""
    consonants: float = 0.5
    """The same in the band that carries consonants, before it."""
    even: float = 0.6
    """The part of a voice's slow ups and downs, within a cue, that is taken away."""


@dataclass(frozen=True, slots=True)
class BedTone:
    """How a bed is coloured, before it is brought to its level."""

    highpass: Hz = 300.0
    """Second order (12 dB an octave), -3 dB here."""
    dip: Hz = 2_000.0
    """The middle of the band that is left to speech."""
    dip_gain: Db = -2.0
    dip_q: float = 0.7
    width: float = 0.45
    """What is left of the difference between left and right. Where it was no stronger than
    what both have in common, folding to mono then loses ``10 log10(1 + width^2)`` dB at most."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What a routine is made for."""

    name: str
    description: str
    levels: Levels
    tone: Tone
    bed_tone: BedTone

    def accessible(self) -> Preset:
        """The same with speech at least 20 dB over the bed under every word (W3C G56)."""
        levels = self.levels
        duck = min(levels.duck, -_ACCESSIBLE_MIDDLE - levels.bed)
        return replace(self, levels=replace(levels, duck=duck, clear=_ACCESSIBLE))


_ACCESSIBLE: Db = 20.0
"""W3C, Techniques for WCAG 2.2, G56."""
_ACCESSIBLE_MIDDLE: Db = 24.0
"""Speech over the bed over a whole routine, so that its loudest moments stay under that."""

PHONE = Preset(
    "phone",
    "a phone's own loudspeaker, across a room",
    Levels(),
    Tone(),
    BedTone(),
)
HEADPHONES = Preset(
    "headphones",
    "headphones or earphones",
    Levels(programme=-18.0, bed=-14.0, duck=-4.0, clear=15.0, push=1.0),
    Tone(highpass=80.0, presence_gain=1.0, press=0.4, lift=0.0, consonants=0.0, even=0.3),
    BedTone(highpass=25.0, dip_gain=0.0, width=1.0),
)
SPEAKER = Preset(
    "speaker",
    "a loudspeaker that has some bass, in the same room",
    Levels(programme=-18.0, bed=-15.5, duck=-4.5, clear=18.0),
    Tone(highpass=100.0, presence_gain=2.0, lift=0.2, consonants=0.25, even=0.5),
    BedTone(highpass=60.0, dip_gain=-1.0, width=0.8),
)

PRESETS = {preset.name: preset for preset in (PHONE, HEADPHONES, SPEAKER)}
"""By name, the usual one first."""


def preset(name: str, *, accessible: bool = False) -> Preset:
    """The preset of that name; raises ``NotFoundError`` that names the nearest."""
    try:
        found = PRESETS[name]
    except KeyError:
        raise NotFoundError(f'no preset is called "{name}"{nearest(name, PRESETS)}') from None
    return found.accessible() if accessible else found
