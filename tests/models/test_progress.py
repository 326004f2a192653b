"""What is said while a solve runs, and what Ctrl-C does."""

from __future__ import annotations

import signal
from threading import Thread

import pytest

from models.mip import Standing
from models.progress import silent, standing_sentence, standings, stop_on_interrupt


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (Standing(12.3, 1234.4, 1200.0), "12 s: cost 1,234 at most, 1,200 at least, gap 2.79%"),
        (Standing(3.0, None, 7.0), "3 s: no plan yet, 7 at least"),
        (Standing(3.0, 50.0, None), "3 s: cost 50 at most"),
    ],
)
def test_sentences(standing, sentence):
    assert standing_sentence(standing) == sentence


def test_less_is_said_the_longer_it_takes():
    said: list[str] = []
    tell = standings(said.append)
    for tenth in range(6000):
        tell(Standing(tenth / 10, 100.0, 1.0))
    assert said[0].startswith("1 s:")
    assert sum(sentence.startswith(("1 s", "2 s", "3 s")) for sentence in said) == 3
    assert 20 < len(said) < 60


def test_ctrl_c_once_asks_and_twice_raises():
    said: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt(said.append) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        assert stop()
        assert len(said) == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_on_interrupt(silent) as stop:
            signal.raise_signal(signal.SIGINT)
            assert not stop()
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nobody_asks():
    asked = []

    def work():
        with stop_on_interrupt(silent) as stop:
            asked.append(stop())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False]
