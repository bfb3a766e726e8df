"""A stop is obeyed at once where it can be, at the next step where it cannot, and never forgotten."""

import os
import signal
import subprocess
import sys

import pytest

from khobor_training import stopping


@pytest.fixture(autouse=True)
def signals():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    stopping.listen()
    yield
    stopping.listen()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_at_once(number):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_without_a_signal_all_steps_are_taken():
    assert list(stopping.steps(range(5))) == [0, 1, 2, 3, 4]


SWALLOWED = """
import os, signal
from khobor_training import stopping

class Library:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))

def work():
    for step in range(5):
        if step == 2:
            Library()  # Python prints and forgets what the signal raises in here
        yield step

stopping.listen()
taken = []
try:
    for step in stopping.steps(work()):
        taken.append(step)
except KeyboardInterrupt:
    print(taken)
"""


def test_a_stop_that_a_finaliser_swallowed_is_obeyed_at_the_next_step():
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True)
    assert "Exception ignored" in done.stderr
    assert done.stdout == "[0, 1]\n"


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
