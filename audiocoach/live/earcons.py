"""The soft sounds that answer a listener."""

from __future__ import annotations

import numpy as np

from audiocoach.live.status import Earcon
from audiocoach.mix import Stereo
from audiocoach.presets import Levels
from audiocoach.soundbank import earcons, find_sound, load_mark
from audiocoach.synth import LEVEL
from audiocoach.units import Db, db_to_gain

_SOFTER: Db = -6.0
"""Than the bells of a script."""


def load_earcons(levels: Levels, trim: Db) -> dict[Earcon, Stereo]:
    """Each that there is, at the level at which it is heard in a session of that trim."""
    gain = np.float32(db_to_gain(levels.programme + levels.mark + _SOFTER - LEVEL + trim))
    return {
        Earcon(info.name): load_mark(info) * gain for info in [*earcons(), find_sound("bell", None)]
    }
