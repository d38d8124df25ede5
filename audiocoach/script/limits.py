"""The bounds of a script: it is untrusted input, so every amount has an end."""

from __future__ import annotations

from audiocoach.units import HOUR, SECOND, Ms

MAX_FILE = 1 << 20
"""Bytes of a file, or characters of a text."""

MAX_LINES = 50_000
"""Lines of a file: the Markdown parser needs memory for each."""

MAX_PROBLEMS = 100
"""Problems after which reading stops."""

MAX_FRONT_MATTER = 1 << 15
"""Characters between the two lines of dashes."""

MAX_PARAGRAPH = 5_000
"""Characters of a paragraph or of a cue in a list."""

MAX_LINE = 2_000
"""Characters of a ``:::`` line."""

MAX_TITLE = 200
"""Characters of a title, a heading, a tag, a respelling, a sound's name."""

MAX_SUMMARY = 1_000
"""Characters of the summary."""

MAX_AMBIENCE = 500
"""Characters of what stands for the sound behind the voice."""

MAX_NAME = 40
"""Characters of a name or a choice's value."""

MAX_VALUE = 100
"""Characters of a value that a loop takes."""

MAX_ENTRIES = 200
"""Tags, respellings, values of a choice or of a loop: each."""

MAX_CHOICES = 32
"""Choices of a script."""

MAX_NESTING = 16
"""``:::`` blocks inside each other."""

MAX_INCLUDES = 8
"""Scripts that include each other, one inside the other."""

MAX_INCLUDED = 64
"""Scripts that one script includes in all, directly or not."""

MAX_REPEAT = 1_000
"""Rounds of one ``::: repeat``."""

MAX_COUNT = 1_000
"""How far one mark counts, and how many breaths it takes."""

MAX_STEPS = 20_000
"""Steps once all loops are unrolled."""

MAX_PARTS = 200_000
"""Cues, breaks, sounds and timed cues once all loops are unrolled."""

MAX_CHARACTERS = 2_000_000
"""Characters of all titles and cues once all loops are unrolled: more than a day of speech."""

MAX_VISITS = 200_000
"""Rounds begun and blocks looked at while unrolling: loops may turn without a step."""

MAX_COMBINATIONS = 64
"""Combinations of choices that ``check`` tries."""

MAX_LENGTH: Ms = 24 * HOUR
"""One duration, and the sum of all holds and breaks."""

MIN_EVERY: Ms = SECOND
"""The shortest interval of ``every``."""

MIN_BEAT: Ms = SECOND // 2
"""The shortest beat of counting and breathing."""
