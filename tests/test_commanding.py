"""The scenes of the benchmark of spoken control: what is said to be so loud is so loud."""

from __future__ import annotations

import numpy as np
import pytest
import spoken_control
from commanding import scene
from commanding.chatter import SENTENCES

from audiocoach.listen.recogniser import RATE, Mono
from audiocoach.units import Db


def db(rms: float) -> Db:
    return 20 * float(np.log10(rms))


def voice(seconds: float, seed: int) -> Mono:
    at = np.arange(round(seconds * RATE)) / RATE
    buzz = np.random.default_rng(seed).standard_normal(len(at)) * np.abs(np.sin(9 * at))
    return np.asarray(0.2 * buzz, np.float32)


def test_commands_echo_and_noise_are_as_loud_as_the_setting_says() -> None:
    setting = scene.Setting(echo=6.0, noise=-14.0)
    silence = np.zeros(20 * RATE, np.float32)
    noise = scene.near_sound(silence + 1e-9, scene.Setting(None, -14.0), [], 1)
    assert db(float(np.sqrt(np.mean(noise**2)))) == pytest.approx(scene.SPOKEN - 14, abs=0.5)
    command = [(5 * RATE, voice(1.0, 2))]
    spoken = scene.near_sound(silence, scene.Setting(None, -60.0), command, 1)
    assert db(scene.loud_rms(spoken)) == pytest.approx(scene.SPOKEN, abs=1)
    assert not spoken[: 4 * RATE].any() or db(np.abs(spoken[: 4 * RATE]).max()) < scene.SPOKEN - 40
    echo = scene.near_sound(voice(20.0, 3), setting, [], 1)
    assert db(scene.loud_rms(echo)) == pytest.approx(scene.SPOKEN + 6, abs=1)


def test_the_room_adds_no_power() -> None:
    sound = voice(4.0, 5)
    heard = scene.through_room(sound, scene.answer(3, 1.0))
    assert db(float(np.sqrt((heard**2).sum() / (sound**2).sum()))) == pytest.approx(0, abs=1.5)


def test_each_figure_of_the_tables_has_its_row() -> None:
    settings = len(spoken_control.SETTINGS)
    figures: dict[str, spoken_control.Figure] = {
        str(number): {"said": 40, "obeyed": 30, "asked": 6, "wrong": 1, "over": 9.96}
        for number in range(settings)
    }
    for number in range(settings, settings + len(spoken_control.QUIET) + 1):
        figures[str(number)] = {"hours": 0.5, "actions": 2, "attended": 3}
    table = spoken_control.markdown([], figures)
    assert table.count("| 10.0 dB | 40 | 75 % | 15 % | 2 % |") == settings
    assert table.count("| 0.50 | 2 | 3 |") == len(spoken_control.QUIET) + 1


def test_sentences_have_the_words_of_commands_and_no_command() -> None:
    words = " ".join(SENTENCES).lower()
    assert all(word in words for word in ("next", "pause", "stop", "louder", "coach"))
    assert not any("coach, " in sentence.lower() for sentence in SENTENCES)
