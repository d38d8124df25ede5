"""How what is heard gets into its files: block by block, or as stretches of an MP3, joined."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from audiocoach.cache import Body
from audiocoach.joining import Joining, Unfit
from audiocoach.mix import Stems, Whole, blocks
from audiocoach.sinks.outputs import Outputs
from audiocoach.stretches import FRAME
from audiocoach.units import Db, Frames, ms_to_frames

_Item = TypeVar("_Item")

Told = Callable[[Frames, Frames], None]
"""Told how many frames are done, and of how many."""


def write_joined(outputs: Outputs, joining: Callable[[], Joining], told: Told) -> bool:
    """Write the one MP3 in stretches, side by side; whether that was possible here."""
    try:
        stretches = joining() if outputs.joins else None
        if stretches is None:
            return False
        pieces = _told(stretches, told, stretches.frames)
        outputs.join(pieces, stretches.frames, stretches.size)
    except Unfit:
        return False
    return True


def _told(pieces: Iterable[tuple[int, Body]], told: Told, total: int) -> Iterator[Body]:
    for done, data in pieces:
        yield data
        told(done * FRAME, total * FRAME)


def write_blocks(
    outputs: Outputs, wholes: Sequence[Whole], gain: Db, stems: Stems | None, told: Told
) -> None:
    """Write the whole, and its parts apart, block by block; ``stems`` hears those of the first."""
    total = ms_to_frames(wholes[0].timeline.length)
    for whole in wholes:
        whole.bed.seek(0)
        whole.mix.uncount()
    mixed = [
        blocks(whole, output_gain=gain, stems=None if at else stems)
        for at, whole in enumerate(wholes)
    ]
    with _ahead(zip(*mixed, strict=True)) as ahead:
        for parts in ahead:
            outputs.write(parts)
            told(outputs.frames, total)


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do ``work`` in a thread of its own while the block runs; raises what it raises."""
    with ThreadPoolExecutor(1, "meanwhile") as pool:
        done = pool.submit(work)
        yield
        done.result()


@contextmanager
def _ahead(items: Iterator[_Item], depth: int = 8) -> Iterator[Iterator[_Item]]:
    """The same items, made in a thread of their own, at most ``depth`` before they are taken.

    The encoder lets other threads run, so the mix costs no time where there are two cores.
    """
    with ThreadPoolExecutor(1, "mix") as pool:
        waiting: deque[Future[_Item | None]] = deque()

        def taken() -> Iterator[_Item]:
            while True:
                while len(waiting) < depth:
                    waiting.append(pool.submit(next, items, None))
                item = waiting.popleft().result()
                if item is None:
                    return
                yield item

        try:
            yield taken()
        finally:
            for future in waiting:
                future.cancel()
