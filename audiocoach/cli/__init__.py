"""The command line: parse, call once, report; one catch at the top."""

from __future__ import annotations

import errno
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from audiocoach import __version__
from audiocoach.cli.lazily import Commands
from audiocoach.cli.logs import log_error, logging_to
from audiocoach.errors import AudiocoachError, OutputError, ScriptError
from audiocoach.library import log_file

_COMMANDS = {
    "play": "play:play",
    "export": "export:export",
    "batch": "batch:batch",
    "measure": "measure:measure",
    "share": "share:share",
    "list": "inspect:list_routines",
    "new": "new:new",
    "draft": "draft:draft",
    "import": "convert:import_script",
    "check": "check:check",
    "preview": "preview:preview",
    "show": "show:show",
    "voices": "voices:voices",
    "microphone": "microphone:microphone",
    "sounds": "inspect:sounds",
    "doctor": "doctor:doctor",
    "cache": "cache:cache",
}
"""Where each is, in the order in which one meets them."""
_EXIT_BUG = 70
_EXIT_INTERRUPTED = 130
_EXIT_SIGNALLED = 128
"""And the number of the signal, as shells count."""

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "1")
"""For what numpy is loaded with: it begins a thread for each processor, and each of them waits
for work by spinning, for 50 ms. There is no product of matrices here that needs it."""


class _Main(click.Group):
    """Turns every error into a message and the exit code that the error owns."""

    def invoke(self, ctx: click.Context) -> Any:
        texts = bool(ctx.params.get("log_texts"))
        with logging_to(ctx.params.get("verbose", 0), texts=texts):
            return self._reported(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        """Run the command; the log is told what ends it."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException):
            raise
        except BaseException as error:
            log_error(error)
            raise

    def _reported(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx)
        except ScriptError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except AudiocoachError as error:
            click.echo(f"audiocoach: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("audiocoach: stopped", err=True)
            ctx.exit(_EXIT_INTERRUPTED)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # nobody reads any more: click knows what to do
                raise
            click.echo(f"audiocoach: {_told(error)}", err=True)
            ctx.exit(OutputError.exit_code)
        except Exception as error:
            if os.environ.get("AUDIOCOACH_DEBUG"):
                raise
            click.echo(
                "audiocoach: this is a fault of audiocoach itself: "
                f"{type(error).__name__}: {error}\n"
                f"Please report it, with the end of {log_file()}: none of the words of your "
                "scripts are in it. With AUDIOCOACH_DEBUG=1 it prints where it happened.",
                err=True,
            )
            ctx.exit(_EXIT_BUG)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one meets them, not by letter."""
        del ctx
        return list(self.commands)


def _told(error: OSError) -> str:
    """What the system could not do, and with which file."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


@click.group(
    cls=_Main,
    commands=Commands({name: f"{__name__}.{place}" for name, place in _COMMANDS.items()}),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 an error in a script or a file, 2 wrong usage or an unknown "
    "name, 3 no loudspeaker, 4 a cue is missing, so nothing was written, 5 some files of a batch "
    "were not made, 6 no cluster.",
)
@click.version_option(__version__, "-V", "--version", message="audiocoach %(version)s")
@click.option(
    "-v", "--verbose", count=True, help="Tell on stderr what is done; -vv tells more of it."
)
@click.option(
    "--log-texts", is_flag=True, help="Let the log file hold what is said, for a report of a fault."
)
def cli(*, verbose: int, log_texts: bool) -> None:
    """A voice-guided audio coach: it speaks a routine step by step over soft sound.

    \b
    audiocoach play back-massage       hear it now, hands free
    audiocoach export back-massage     write back-massage.mp3 for the phone
    audiocoach list                    what else there is
    """  # noqa: D301  # \b is click's mark for a paragraph that keeps its lines
    del verbose, log_texts  # see _Main


@cli.command(short_help="Make a shell complete commands and names.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete audiocoach's commands and routine names.

    \b
    bash:  eval "$(audiocoach completion bash)"     in ~/.bashrc
    zsh:   eval "$(audiocoach completion zsh)"      in ~/.zshrc
    fish:  audiocoach completion fish > ~/.config/fish/completions/audiocoach.fish
    """  # noqa: D301
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click cannot complete for {shell}")
    click.echo(kind(cli, {}, "audiocoach", "_AUDIOCOACH_COMPLETE").source())


def main() -> NoReturn:
    """Run the command line and end the process."""
    signal.signal(signal.SIGTERM, _terminated)
    hangup = getattr(signal, "SIGHUP", None)  # the terminal is closed; not on Windows
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
        signal.signal(hangup, _terminated)
    os.environ.setdefault(*_ONE_THREAD)
    cli(prog_name="audiocoach")
    sys.exit(0)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    """End as an interrupt does, so that nothing half-written is left behind."""
    del frame
    sys.exit(_EXIT_SIGNALLED + number)
