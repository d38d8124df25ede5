"""``audiocoach microphone``: try what ``play --listen`` hears."""

from __future__ import annotations

import click

from audiocoach.cli.listening import microphone_option


@click.command(short_help="Try the microphone: say something to the coach.")
@microphone_option
@click.option(
    "--seconds",
    type=click.IntRange(1, 3600),
    default=20,
    show_default=True,
    metavar="N",
    help="How long to listen.",
)
def microphone(*, microphone: str | None, seconds: int) -> None:
    """Listen without playing: shows how loud it is, and what is understood.

    Say "coach, next". 'audiocoach play ROUTINE --listen' understands the same while it plays.
    """
    from audiocoach.listen import PHRASES, WAKE
    from audiocoach.listen.recogniser import check_installed
    from audiocoach.listen.trial import try_microphone

    check_installed()
    phrases = ", ".join(phrase.words for phrase in PHRASES)
    click.echo(f'After "{WAKE}" say one of: {phrases}.')
    for moment in try_microphone(microphone, seconds):
        heard = f'  heard: "{moment.words}"' if moment.words else ""
        bar = "#" * max(0, round((moment.level + 80) / 3))
        click.echo(f"{moment.level:4.0f} dB  {bar}{heard}")
