"""A stop that is asked for by a signal, and never lost.

A signal's handler may raise anywhere, a finaliser (``__del__``) of a library included, and what is
raised there Python prints and forgets. So the handler also notes that a stop was asked for, and long
work asks for the note between its steps.
"""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

_asked = False
_holds = 0


def listen() -> None:
    """Let Ctrl-C, a service manager's SIGTERM and a closed terminal end the work in the same clean way."""
    global _asked, _holds
    _asked, _holds = False, 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def check() -> None:
    """Raise ``KeyboardInterrupt`` if a stop was asked for."""
    if _asked:
        raise KeyboardInterrupt


def steps(work: Iterable[T]) -> Iterator[T]:
    """Yield each piece of work; a stop that was asked for ends it at the next."""
    for piece in work:
        check()
        yield piece
    check()


@contextmanager
def held() -> Iterator[None]:
    """Let the block end before a stop is obeyed, by the next `check`; a second request is obeyed at once."""
    global _holds
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1


def _stop(number: int, frame: FrameType | None) -> None:
    global _asked
    again, _asked = _asked, True
    if again or not _holds:
        raise KeyboardInterrupt
