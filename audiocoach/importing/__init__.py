"""Scripts of other programs become routine scripts; what has no counterpart is told and kept."""

from __future__ import annotations

from pathlib import Path

from audiocoach.errors import AudiocoachError, NotFoundError
from audiocoach.importing.writer import Imported
from audiocoach.script.limits import MAX_FILE

__all__ = ["Imported", "import_file", "import_script"]


def import_file(path: Path) -> Imported:
    """The script in a file of phrases and seconds, or of SSML.

    Raises ``NotFoundError`` and ``AudiocoachError`` where it cannot be read, ``ScriptError``
    where SSML is not well-formed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise NotFoundError(f"no file at {path}") from None
    except OSError as error:
        raise AudiocoachError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > MAX_FILE:
        raise AudiocoachError(f"{path} is too long; the most is {MAX_FILE} bytes")
    return import_script(data, str(path))


def import_script(data: bytes, path: str) -> Imported:
    """A script made from the bytes of a file: SSML if they begin with ``<``, else phrases."""
    from audiocoach.importing.phrases import read_phrases
    from audiocoach.importing.ssml import read_ssml

    begin = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return (read_ssml if begin.startswith(b"<") or utf_16 else read_phrases)(data, path)
