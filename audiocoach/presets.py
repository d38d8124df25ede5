"""How loud the parts of a mix are, and when the bed moves."""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.units import Db, Ms


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud the parts of a mix are, and how the bed makes room for words.

    Speech lies 21 dB over the ducked bed: recognisers and listeners lose words below
    18 dB on a phone in a room, and Torcoli et al. (JAES 67/12, 2019) ask for 15 LU.
    """

    programme: Db = -16.0
    """LUFS of the whole (AES TD1008, speech on mobile devices: -16 to -20)."""
    ceiling: Db = -1.7
    """dBTP before the encoder, whose error then stays under -1 dBTP."""
    bed: Db = -16.5
    """The bed between cues, against speech. Louder, and the relative gate of BS.1770 no longer
    leaves it out: speech would have to be pushed by 3 dB to bring the whole to its loudness."""
    duck: Db = -4.5
    """The bed under a cue, against the bed between cues."""
    most_trim: Db = 1.5
    """A routine with so few words that it would need more stays under ``programme``: its
    speech is as loud as that of any other."""
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
