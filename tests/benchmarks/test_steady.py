"""What ran while the machine was slow does not count, whoever ran."""

import pytest

from benchmarks import steady
from benchmarks.steady import BLOCK, LEAST, PATIENCE, SLOWER, products, time_steadily, undisturbed


class Machine:
    """A clock that only rests and runs move; a run takes 0.1 s, times the slowdown it begins in."""

    def __init__(self, monkeypatch, slowdown=lambda now: 1.0):
        self.now, self.slowdown = 0.0, slowdown
        monkeypatch.setattr(steady, "perf_counter", lambda: self.now)
        monkeypatch.setattr(steady, "sleep", self.sleep)

    def sleep(self, seconds):
        self.now += seconds

    def pace(self):
        return 0.01 * self.slowdown(self.now)

    def run(self):
        begun = self.now
        self.now += 0.1 * self.slowdown(begun)
        return begun


def slow_between(start, end, factor=2.0):
    return lambda now: factor if start <= now < end else 1.0


def test_on_a_steady_machine_every_run_counts(monkeypatch):
    machine = Machine(monkeypatch)
    timings = time_steadily(machine.run, 1.0, machine.pace)
    assert timings.times == pytest.approx([0.1] * timings.runs)
    assert sum(timings.times) == pytest.approx(1.0, abs=BLOCK)
    assert timings.steady
    assert timings.pace == 0.01


@pytest.mark.parametrize("start", [0.35, 0.5, 0.95])
def test_runs_beside_a_slow_phase_do_not_count(monkeypatch, start):
    machine = Machine(monkeypatch, slow_between(start, start + 1.5))
    timings = time_steadily(machine.run, 1.0, machine.pace)
    assert timings.times == pytest.approx([0.1] * len(timings.times))
    assert sum(timings.times) >= 1.0
    assert timings.runs > len(timings.times)
    assert timings.steady


def test_a_machine_slow_from_the_start_is_known_by_the_pace_of_others(monkeypatch):
    machine = Machine(monkeypatch, slow_between(0, 5))
    assert time_steadily(machine.run, 1.0, machine.pace).times[0] == 0.2
    machine.now = 0.0
    timings = time_steadily(machine.run, 1.0, machine.pace, best=0.01)
    assert timings.times == pytest.approx([0.1] * len(timings.times))


def test_a_tenth_more_counts(monkeypatch):
    machine = Machine(monkeypatch, slow_between(0.35, 100, 1.1))
    timings = time_steadily(machine.run, 1.0, machine.pace)
    assert timings.runs == len(timings.times)
    assert max(timings.times) == pytest.approx(0.11)
    assert SLOWER > 1.1


def test_a_machine_that_stays_slow_ends_the_patience_and_everything_counts(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 2.0)
    timings = time_steadily(machine.run, 1.0, machine.pace, best=0.01)
    assert not timings.steady
    assert timings.runs == len(timings.times) > LEAST
    assert machine.now == pytest.approx(1.0 + PATIENCE, abs=1.0)


def test_no_budget_is_the_least_number_of_runs(monkeypatch):
    machine = Machine(monkeypatch)
    assert len(time_steadily(machine.run, 0.0, machine.pace).times) == LEAST


def test_a_call_is_made_until_one_is_undisturbed(monkeypatch):
    machine = Machine(monkeypatch, slow_between(0, 0.5))
    # Calls begin at 0, 0.2, 0.4 and, undisturbed, 0.6.
    assert undisturbed(machine.run, machine.pace, best=0.01) == pytest.approx(0.6)
    assert undisturbed(machine.run, machine.pace, best=0.001, attempts=2) == pytest.approx(0.8)


def test_the_pace_is_that_of_products_on_this_machine(monkeypatch):
    rests = []
    monkeypatch.setattr(steady, "sleep", rests.append)
    assert 0 < products()() < 10
    assert rests == [steady.REST]
