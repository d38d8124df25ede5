"""The program with a voice of tones: ``python with_tones.py SPOKEN ARGUMENTS``.

Each text that is spoken is a line of the file SPOKEN.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from audiocoach.cli import main
from audiocoach.testing import ToneVoice
from audiocoach.voices import Speech, catalogue


class Written(ToneVoice):
    def speak(self, text: str) -> Speech:
        time.sleep(0.03)  # a voice takes its time
        with Path(SPOKEN).open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        return super().speak(text)


if __name__ == "__main__":
    SPOKEN = sys.argv.pop(1)
    catalogue.open_voice = lambda *_: Written()
    main()
