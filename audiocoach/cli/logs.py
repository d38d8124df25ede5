"""What is logged, and where: on stderr as much as is asked for, all of it in a file.

The file is for a report of a fault. What a script says is private: where a message quotes
words, the file has dots instead, unless ``--log-texts`` asks for them.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import re
import sys
import time
import traceback
from collections.abc import Iterator

import click

from audiocoach import __version__
from audiocoach.errors import AudiocoachError, ScriptError
from audiocoach.library import log_file

_LARGEST = 1_000_000
"""Bytes; a second file holds as much of what was before."""
_FILE_ONLY = "audiocoach_file_only"
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)

_logger = logging.getLogger("audiocoach")
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def logging_to(verbose: int, *, texts: bool) -> Iterator[None]:
    """Log within the block: warnings to stderr (``verbose`` 1, 2: more), everything to the file."""
    handlers: list[logging.Handler] = [_Stderr(_LEVELS[min(verbose, 2)])]
    handlers[0].setFormatter(_Shown("audiocoach: %(message)s"))
    with contextlib.suppress(OSError):
        handlers.append(_file_handler(texts=texts))
    before = _logger.level
    _logger.setLevel(logging.DEBUG)
    for handler in handlers:
        _logger.addHandler(handler)
    began = time.monotonic()
    _log.debug(
        "audiocoach %s, Python %s, %s %s %s: %s",
        __version__,
        platform.python_version(),
        sys.platform,
        platform.release(),
        platform.machine(),
        " ".join(sys.argv[1:]),
    )
    try:
        yield
    finally:
        _log.debug("ended after %.1f s", time.monotonic() - began)
        for handler in handlers:
            _logger.removeHandler(handler)
            handler.close()
        _logger.setLevel(before)


def log_error(error: BaseException) -> None:
    """Keep for the file what ended the run; the user is told elsewhere."""
    only = {_FILE_ONLY: True}
    if isinstance(error, ScriptError):
        places = ", ".join(f"{each.path}:{each.line}" for each in error.problems[:20])
        _log.debug("the script has errors: %s", places, extra=only)
    elif isinstance(error, AudiocoachError):
        _log.debug("%s", error, exc_info=error, extra=only)
    else:
        _log.debug("ended by", exc_info=error, extra=only)


class _Stderr(logging.Handler):
    """Writes to whatever is stderr at that time: a bar of progress may stand in for it."""

    def emit(self, record: logging.LogRecord) -> None:
        if not hasattr(record, _FILE_ONLY):
            with contextlib.suppress(OSError, ValueError, UnicodeError):
                click.echo(self.format(record), err=True)


class _Shown(logging.Formatter):
    """Without tracebacks: those are for the file."""

    def format(self, record: logging.LogRecord) -> str:
        return self.formatMessage(_with_message(record))


def _with_message(record: logging.LogRecord) -> logging.LogRecord:
    record.message = record.getMessage()
    return record


def _file_handler(*, texts: bool) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    class Quiet(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
            """A log that cannot be written is no reason to bother anybody."""
            del record

    path = log_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = Quiet(path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", errors="replace")
    handler.setFormatter(_Kept("%(asctime)s %(process)d %(name)s %(message)s", texts=texts))
    return handler


class _Kept(logging.Formatter):
    """For the file; without ``texts``, whatever a message quotes is left out."""

    def __init__(self, layout: str, *, texts: bool) -> None:
        super().__init__(layout)
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        record = _with_message(record)
        record.asctime = self.formatTime(record)
        if not self._texts:
            record.message = _without_quotes(record.message)
        lines = [self.formatMessage(record)]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines += self._traceback(error)
        return "\n".join(lines)

    def _traceback(self, error: BaseException) -> Iterator[str]:
        """Where it happened, and what kind of error it was; its message may quote anything."""
        if error.__cause__ is not None:
            yield from self._traceback(error.__cause__)
        for line in traceback.format_tb(error.__traceback__):
            yield line.rstrip("\n")
        kind = type(error).__name__
        yield f"{kind}: {error}" if self._texts or isinstance(error, OSError) else kind


def _without_quotes(message: str) -> str:
    """From the first quotation mark to the last there are dots: quoted words may quote others."""
    return re.sub(r'"[\s\S]*"', '"..."', message)
