"""Counting and breathing: marks of the tree -> beats of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audiocoach.phrases import Phrases
from audiocoach.routine import Beat, Beats, Cue, Phase
from audiocoach.script.tree import Breathe, Count, Piece


def paced_beats(piece: Count | Breathe, phrases: Phrases, said: Callable[[str], Cue]) -> Beats:
    """The beats that a mark stands for; ``said`` makes a cue of words."""
    if isinstance(piece, Count):
        numbers = list(range(1, piece.count + 1))
        if piece.down:
            numbers.reverse()
        words = [said(phrases.number(number)) for number in numbers]
        return Beats(tuple(Beat(piece.every, word) for word in words), piece.place)
    cues = {
        Phase.IN: said(phrases.breathe_in),
        Phase.HOLD: said(phrases.hold),
        Phase.OUT: said(phrases.breathe_out),
    }
    phases = [Phase.IN, Phase.OUT]
    if len(piece.pattern) > len(phases):
        phases = [Phase.IN, Phase.HOLD, Phase.OUT, Phase.HOLD]
    breath = [
        Beat(length, cues[phase], phase)
        for length, phase in zip(piece.pattern, phases, strict=False)
        if length
    ]
    return Beats(tuple(breath * piece.rounds), piece.place, piece.swell)


def weight(pieces: Sequence[Piece]) -> int:
    """How many cues, breaks and sounds pieces become."""
    total = 0
    for piece in pieces:
        match piece:
            case Count():
                total += piece.count
            case Breathe():
                total += piece.rounds * len(piece.pattern)
            case _:
                total += 1
    return total
