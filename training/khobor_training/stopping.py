"""A stop that is asked for by a signal, and never lost.

A signal's handler may raise anywhere, a finaliser (``__del__``) of a library included, and what is
raised there Python prints and forgets. So a stop that was swallowed is raised again a moment later,
and long work asks between its steps whether one was asked for, since a library may catch it as well.
"""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

AGAIN = 0.01
"""Seconds until a swallowed stop is raised again."""

_asked = False
_holds = 0
_hook: Callable[[Any], Any] = sys.unraisablehook


def listen() -> None:
    """Let Ctrl-C, a service manager's SIGTERM and a closed terminal end the work in the same clean way."""
    global _asked, _holds, _hook
    _asked, _holds = False, 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    signal.signal(signal.SIGALRM, _raise)
    if sys.unraisablehook is not _swallowed:
        _hook, sys.unraisablehook = sys.unraisablehook, _swallowed


def check() -> None:
    """Raise ``KeyboardInterrupt`` if a stop was asked for."""
    if _asked:
        signal.setitimer(signal.ITIMER_REAL, 0)
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


def _raise(number: int, frame: FrameType | None) -> None:
    if not _holds:
        raise KeyboardInterrupt


def _swallowed(unraisable: Any) -> None:
    """Python calls this with what it is about to print and forget."""
    if _asked and unraisable.exc_type is KeyboardInterrupt:
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
    else:
        _hook(unraisable)
