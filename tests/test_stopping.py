"""A stop is obeyed at once where it can be, at the next step where it cannot, and never forgotten."""

import os
import signal
import subprocess
import sys

import pytest

from khobor_training import stopping


@pytest.fixture(autouse=True)
def signals():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before, hook = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    stopping.listen()
    yield
    stopping.listen()
    sys.unraisablehook = hook
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_at_once(number):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_without_a_signal_all_steps_are_taken():
    assert list(stopping.steps(range(5))) == [0, 1, 2, 3, 4]


SWALLOWED = """
import os, signal, weakref
from khobor_training import stopping

class Library:
    pass

def finalise(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    sum(range(1000))

stopping.listen()
library = Library()
Library.__del__, watch = {}
try:
    del library  # Python forgets what the signal raises in here
    while True:
        pass
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize("how", ["finalise, None", "lambda own: None, weakref.ref(library, finalise)"])
def test_a_stop_that_a_finaliser_swallowed_is_raised_again_and_nothing_is_printed(how):
    command = [sys.executable, "-c", SWALLOWED.format(how)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "stopped\n"
    assert done.stderr == ""


OTHER = """
from khobor_training import stopping

class Library:
    def __del__(self):
        raise ValueError("of the library")

stopping.listen()
Library()
"""


def test_what_else_a_finaliser_raises_is_printed_as_ever():
    done = subprocess.run([sys.executable, "-c", OTHER], capture_output=True, text=True)
    assert "ValueError: of the library" in done.stderr


def test_a_stop_that_is_noted_ends_the_work_at_the_next_step():
    taken = []

    def work():
        for step in range(5):
            if step == 2:
                with stopping.held():
                    os.kill(os.getpid(), signal.SIGTERM)
            yield step

    with pytest.raises(KeyboardInterrupt):
        taken.extend(stopping.steps(work()))
    assert taken == [0, 1]


def test_a_held_stop_waits_for_the_end_of_the_block():
    ended = False
    with stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        ended = True
    assert ended
    with pytest.raises(KeyboardInterrupt):
        stopping.check()


def test_a_second_signal_is_obeyed_even_in_a_held_block():
    with stopping.held():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
