"""What is said while a solve runs, and how it is asked to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from models.mip import OnProgress, Standing, Stop

Progress = Callable[[str], None]

_FIRST_S, _RATE = 1.0, 0.1  # nothing is said in the first second; then at most every tenth of the time so far


def silent(_sentence: str) -> None:
    """Say nothing."""


def standings(say: Progress) -> OnProgress:
    """Return a listener that says how a solve stands, less and less often."""
    due = _FIRST_S

    def tell(now: Standing) -> None:
        nonlocal due
        if now.seconds >= due:
            due = now.seconds + max(_FIRST_S, _RATE * now.seconds)
            say(standing_sentence(now))

    return tell


def standing_sentence(now: Standing) -> str:
    """Return such as ``12 s: cost 1,234 at most, 1,200 at least, gap 2.76 %``."""
    parts = [
        "no plan yet" if now.incumbent is None else f"cost {now.incumbent:,.0f} at most",
        *([] if now.bound is None else [f"{now.bound:,.0f} at least"]),
        *([] if now.gap is None else [f"gap {now.gap:.2%}"]),
    ]
    return f"{now.seconds:.0f} s: {', '.join(parts)}"


@contextmanager
def stop_on_interrupt(say: Progress) -> Iterator[Stop]:
    """Give a ``stop`` that is True after a first Ctrl-C; a second one raises ``KeyboardInterrupt``.

    Outside the main thread, where Python delivers no signals, and where the process ignores them,
    ``stop`` is always False.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before == signal.SIG_IGN:
        yield lambda: False
        return
    asked = told = False

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def stop() -> bool:
        nonlocal told
        if asked and not told:
            told = True
            say("stopping with the best plan so far; press Ctrl-C again to drop it")
        return asked

    signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
