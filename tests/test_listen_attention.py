from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.listen.activity import Utterance
from audiocoach.listen.attention import AWAITED_S, Attention, Said
from audiocoach.listen.recogniser import LONGEST_S, RATE, Evidence, Mono
from audiocoach.listen.words import PHRASES
from audiocoach.live import Command

WORDS = [phrase.words for phrase in PHRASES]
COACH, FAINT, ALONE, UNCLEAR = 500, 600, 100, 900
"""Marks: the wake word, clear and faint; with an index added, a phrase without it; neither."""


class Marked:
    """A recogniser that reads what was said from the samples: each is a mark."""

    def evidence(self, sound: Mono) -> Evidence:
        wake, phrases = -5.0, np.full(len(WORDS), -9.0)
        for mark in {int(one) for one in sound.tolist() if one}:
            if mark in {COACH, FAINT}:
                wake = 9.0 if mark == COACH else -0.5
            elif ALONE < mark <= ALONE + len(WORDS):
                phrases[mark - ALONE - 1] = 7.0
            elif 0 < mark <= len(WORDS):
                wake, phrases[mark - 1] = 9.0, 7.0
        return Evidence(wake, phrases)


def sounding(mark: int, at_s: float) -> Utterance:
    return of(np.full(RATE // 2, mark, np.float32), at_s)


def of(sound: Mono, at_s: float, context: Mono | None = None) -> Utterance:
    """An utterance, and what was heard just before it."""
    begin = round(at_s * RATE)
    kept = sound if context is None else np.concatenate([context, sound])
    return Utterance(begin, begin + len(sound), kept)


def said(index: int, at_s: float) -> Utterance:
    """The wake word and a phrase, in one breath."""
    return sounding(index + 1, at_s)


def alone(index: int, at_s: float) -> Utterance:
    """A phrase without the wake word: means nothing by itself."""
    return sounding(ALONE + index + 1, at_s)


def wake(at_s: float) -> Utterance:
    return sounding(COACH, at_s)


def attention(own: Mono | None = None) -> Attention:
    played = np.zeros(0, np.float32) if own is None else own
    return Attention(Marked(), PHRASES, lambda begin, end: played)


def command(heard: Said | None) -> Command | None:
    return heard.command if heard else None


def test_every_phrase_asks_for_a_command_in_one_breath() -> None:
    for index, phrase in enumerate(PHRASES):
        heard = attention().hear(said(index, 1.0))
        assert command(heard) is (phrase.command)


def test_a_command_may_follow_the_wake_word_after_a_while() -> None:
    ear = attention()
    assert command(ear.hear(wake(1.0))) is Command.ATTEND
    heard = ear.hear(alone(WORDS.index("next"), 3.5))
    assert heard == Said(Command.NEXT, "coach, next")
    assert ear.wait(60 * RATE, speaking=False) is None


def test_a_phrase_alone_means_nothing() -> None:
    assert attention().hear(alone(WORDS.index("stop"), 1.0)) is None


def test_a_faint_wake_word_counts_with_what_follows_in_the_same_breath() -> None:
    next_ = WORDS.index("next")
    ear = attention()
    assert ear.hear(sounding(FAINT, 1.0)) is None
    context = sounding(FAINT, 1.0).sound
    assert command(ear.hear(of(alone(next_, 2.0).sound, 2.0, context))) is Command.NEXT


def test_a_wake_word_that_was_heard_already_does_not_ask_again() -> None:
    ear = attention()
    assert command(ear.hear(wake(1.0))) is Command.ATTEND
    assert ear.hear(of(sounding(UNCLEAR, 2.0).sound, 2.0, wake(1.0).sound)) is None
    assert command(ear.hear(wake(3.0))) is Command.ATTEND


def test_what_follows_the_wake_word_is_heard_once_though_nothing_was_found() -> None:
    ear = attention()
    woken = wake(1.0)
    assert command(ear.hear(woken)) is Command.ATTEND
    assert ear.woken(woken.end + RATE // 2) is None
    assert ear.woken(woken.end + RATE) is woken
    ear.hear(of(np.zeros(RATE, np.float32), 2.0, woken.sound))
    assert ear.woken(woken.end + 2 * RATE) is None


def test_what_was_obeyed_is_not_heard_again() -> None:
    ear = attention()
    next_ = WORDS.index("next")
    assert command(ear.hear(said(next_, 1.0))) is Command.NEXT
    assert ear.hear(of(sounding(UNCLEAR, 1.5).sound, 1.5, said(next_, 1.0).sound)) is None
    assert ear.hear(of(alone(WORDS.index("done"), 2.0).sound, 2.0)) is None


def test_a_phrase_of_the_coach_is_not_obeyed_after_a_faint_wake_word() -> None:
    next_ = WORDS.index("next")
    ear = attention(np.full(RATE, ALONE + next_ + 1, np.float32))
    context = sounding(FAINT, 1.0).sound
    assert ear.hear(of(alone(next_, 2.0).sound, 2.0, context)) is None


def test_nothing_more_after_the_wake_word_ends_the_attention_once() -> None:
    ear = attention()
    ear.hear(wake(1.0))
    end = round(1.5 * RATE + AWAITED_S * RATE)
    assert ear.wait(end - 1, speaking=False) is None
    assert ear.wait(end, speaking=True) is None  # a command may just be said
    assert command(ear.wait(end, speaking=False)) is Command.IGNORE
    assert ear.wait(end + RATE, speaking=False) is None
    assert ear.hear(alone(WORDS.index("next"), 9.0)) is None


def test_a_noise_that_goes_on_holds_the_attention_for_as_long_as_a_command_at_most() -> None:
    ear = attention()
    ear.hear(wake(1.0))
    end = round((1.5 + AWAITED_S + LONGEST_S) * RATE)
    assert ear.wait(end - 1, speaking=True) is None
    assert command(ear.wait(end, speaking=True)) is Command.IGNORE


def test_what_is_unclear_is_passed_over_and_leaves_time_for_a_command() -> None:
    ear = attention()
    ear.hear(wake(1.0))
    assert ear.hear(of(np.zeros(RATE, np.float32), 2.0)) is None
    assert command(ear.hear(alone(WORDS.index("back"), 4.0))) is Command.PREVIOUS


def test_what_the_coach_says_itself_is_not_obeyed_but_anything_else_is() -> None:
    stop, pause = WORDS.index("stop"), WORDS.index("pause")
    ear = attention(own=np.full(RATE, stop + 1, np.float32))
    assert ear.hear(said(stop, 1.0)) is None
    assert command(ear.hear(said(pause, 3.0))) is Command.PAUSE


def test_what_the_coach_says_just_before_is_not_obeyed_either() -> None:
    woken = of(sounding(UNCLEAR, 2.0).sound, 2.0, wake(1.5).sound)

    def own(begin: int, _end: int) -> Mono:
        return np.full(RATE, COACH if begin <= woken.heard_from else UNCLEAR, np.float32)

    assert Attention(Marked(), PHRASES, own).hear(woken) is None


def test_a_wake_word_with_something_unclear_awaits_the_command() -> None:
    ear = attention()
    both = np.concatenate([wake(1.0).sound, sounding(UNCLEAR, 1.5).sound])
    assert command(ear.hear(of(both, 1.0))) is Command.ATTEND
    assert command(ear.hear(alone(WORDS.index("next"), 4.0))) is Command.NEXT


def test_what_is_as_like_one_command_as_another_is_neither() -> None:
    ear = attention()
    ear.hear(wake(1.0))
    slower, longer = (alone(WORDS.index(words), 3.0).sound for words in ("slower", "longer"))
    assert ear.hear(of(np.concatenate([slower, longer]), 3.0)) is None


def test_its_own_silence_hides_nothing() -> None:
    stop = WORDS.index("stop")
    ear = attention(own=np.zeros(RATE, np.float32))
    assert command(ear.hear(said(stop, 1.0))) is Command.QUIT


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["wake", "one breath", "alone", "unclear"]),
            st.integers(0, len(WORDS) - 1),
            st.floats(0.1, 8.0),
        ),
        max_size=20,
    )
)
def test_a_command_needs_the_wake_word_and_every_attention_ends(
    events: list[tuple[str, int, float]],
) -> None:
    ear = attention()
    now, woken, heard = 0.0, False, list[Said]()
    for kind, index, later in events:
        now += 0.5 + later
        ended = ear.wait(round(now * RATE), speaking=False)
        if ended:
            assert woken
            woken = False
        utterance = {
            "wake": wake(now),
            "one breath": said(index, now),
            "alone": alone(index, now),
            "unclear": sounding(UNCLEAR, now),
        }[kind]
        found = ear.hear(utterance)
        if kind == "wake":
            assert command(found) is Command.ATTEND
            woken = True
        elif kind == "one breath" or (kind == "alone" and woken):
            assert command(found) is PHRASES[index].command
            woken = False
        else:
            assert found is None
        heard += [found] if found else []
    last = ear.wait(round((now + 60) * RATE), speaking=False)
    assert command(last) is (Command.IGNORE if woken else None)
