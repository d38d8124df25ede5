"""What is loaded when: a light start is a promise."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROBE = """
import sys
before = set(sys.modules)
{code}
print(" ".join(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""

HEAVY = {
    "anyio",
    "av",
    "dbus_fast",
    "espeakng_loader",
    "lameenc",
    "markdown_it",
    "mdit_py_plugins",
    "miniaudio",
    "mutagen",
    "numpy",
    "onnxruntime",
    "piper",
    "pydub",
    "pyttsx3",
    "rich",
    "scipy",
    "segno",
    "soxr",
    "starlette",
    "uvicorn",
    "yaml",
}


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(code=code)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("code", ["import audiocoach", "import audiocoach.cli"])
def test_the_start_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_the_start_loads_from_outside_only_what_is_allowed() -> None:
    third_party = loaded_by("import audiocoach.cli") - set(sys.stdlib_module_names)
    assert {name for name in third_party if not name.startswith("_")} <= {
        "audiocoach",
        "click",
        "platformdirs",
    }


def test_reading_a_script_loads_no_sound() -> None:
    code = (
        "from audiocoach import library\nfrom audiocoach.script import load\n"
        "load(library.find_routine('back-massage'), {})"
    )
    sound = HEAVY - {"markdown_it", "mdit_py_plugins", "yaml"}
    assert loaded_by(code) & sound == set()
