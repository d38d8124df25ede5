"""What is loaded when: a light start is a promise."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROBE = """
import sys
before = set(sys.modules)
{code}
print(" ".join(sorted(set(sys.modules) - before)))
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


OF_CLI = [f"audiocoach.cli.{name}" for name in ("batch", "export", "play", "share", "voices")]


def loaded_by(code: str, *, whole: bool = False) -> set[str]:
    """Packages, or the ``whole`` names of modules."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(code=code)], capture_output=True, text=True, check=True
    )
    names = done.stdout.split()
    return set(names) if whole else {name.partition(".")[0] for name in names}


EVERY_COMMAND = "from audiocoach.cli import cli\nlist(cli.commands.values())"


@pytest.mark.parametrize("code", ["import audiocoach", EVERY_COMMAND])
def test_the_start_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_a_command_is_loaded_when_it_is_asked_for_and_no_other() -> None:
    code = "import audiocoach.cli\naudiocoach.cli.cli.commands['export']"
    assert loaded_by(code, whole=True) & set(OF_CLI) == {"audiocoach.cli.export"}
    assert loaded_by("import audiocoach.cli", whole=True) & set(OF_CLI) == set()


def test_a_voice_is_chosen_before_anything_of_sound_is_loaded() -> None:
    """The voices of the system are a process, which starts meanwhile."""
    assert loaded_by("import audiocoach.voices.catalogue") & HEAVY == set()


def test_the_start_loads_from_outside_only_what_is_allowed() -> None:
    third_party = loaded_by(EVERY_COMMAND) - set(sys.stdlib_module_names)
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
