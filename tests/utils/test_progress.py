import io
import sys
import time

import pytest

from mytorch.utils import progress as module
from mytorch.utils.progress import duration, progress


class Clock:
    """Stands still but for the seconds that each item takes."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def items(self, count, seconds):
        for number in range(count):
            self.now += seconds
            yield number


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "perf_counter", clock)
    return clock


def test_long_work_is_announced_once_where_there_is_no_terminal(clock, capsys):
    items = clock.items(1000, 0.5)
    assert list(progress(items, total=1000, label="training")) == list(range(1000))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "training: about 8 minutes left\n"


def test_what_was_done_before_does_not_count(clock, capsys):
    list(progress(clock.items(400, 0.5), total=1000, initial=600, label="training"))
    assert capsys.readouterr().err == "training: about 3 minutes left\n"


def test_what_the_first_item_took_is_not_held_against_the_others(clock, capsys):
    def items():
        clock.now += 30
        yield from clock.items(100, 0.5)

    assert len(list(progress(items(), total=100, label="training"))) == 100
    assert capsys.readouterr().err == ""


def test_a_machine_that_stands_still_for_a_moment_makes_no_long_work(clock, capsys):
    def items():
        yield from clock.items(2, 0.01)
        clock.now += 3
        yield from clock.items(998, 0.01)

    assert len(list(progress(items(), total=1000, label="training"))) == 1000
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("count", "seconds", "total"), [(100, 0.5, 100), (10, 60, None)])
def test_work_that_is_short_or_of_unknown_length_is_not_announced(
    count, seconds, total, clock, capsys
):
    assert len(list(progress(clock.items(count, seconds), total=total))) == count
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_a_bar_that_goes_away(monkeypatch):
    pytest.importorskip("tqdm")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def items():
        for number in range(3):
            time.sleep(0.3)  # a bar for less than half a second would only flicker
            yield number

    assert list(progress(items(), total=3, label="training", unit="step")) == [0, 1, 2]
    shown = terminal.getvalue()
    assert "training" in shown
    assert shown.endswith("\r")  # cleared


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (40, "40 seconds"),
        (99, "99 seconds"),
        (120, "2 minutes"),
        (5990, "100 minutes"),
        (7200, "2.0 hours"),
        (12_600, "3.5 hours"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds, words):
    assert duration(seconds) == words
