"""A measurement that the machine disturbed is made again, whoever was measured."""

import pytest

from benchmarks import steady
from benchmarks.runner import MeasurementError, Variant
from benchmarks.steady import ATTEMPTS, PATIENCE, PAUSE, SLOWER, Steady, product

VARIANT = Variant("torch", "eager", 2)


class Machine:
    """A clock that only waiting and measuring (1 s) move, and how slow the machine is at a time."""

    def __init__(self, monkeypatch, slowdown=lambda now: 1.0):
        self.now, self.measurements, self.slowdown = 0.0, 0, slowdown
        monkeypatch.setattr(steady, "sleep", self.sleep)

    def sleep(self, seconds):
        self.now += seconds

    def pace(self):
        return 0.01 * self.slowdown(self.now)

    def measure(self, workload, variant):
        self.now += 1.0
        self.measurements += 1
        return {"end": self.now}


def test_on_a_steady_machine_everything_is_measured_once(monkeypatch):
    machine = Machine(monkeypatch)
    measure = Steady(machine.measure, machine.pace, looks=3)
    assert [measure("W1", VARIANT)["end"] for _ in range(2)] == [3 * PAUSE + 1, 3 * PAUSE + 2]
    assert (measure.made, measure.again, measure.disturbed) == (2, 0, 0)


def test_a_measurement_that_ends_on_a_slower_machine_is_made_again(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 2.0 if 0.5 < now < 4 else 1.0)
    measure = Steady(machine.measure, machine.pace, looks=0)
    # Begun at 0, disturbed at 1; begun again when the machine is itself again, at 4.
    assert measure("W1", VARIANT) == {"end": 5.0}
    assert (machine.measurements, measure.again, measure.disturbed) == (2, 1, 0)
    assert "1 measurements: 1 were made again" in measure.verdict()


def test_a_tenth_more_is_not_held_against_the_machine(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 1.1 if now else 1.0)
    measure = Steady(machine.measure, machine.pace, looks=0)
    assert measure("W1", VARIANT) == {"end": 1.0}
    assert SLOWER > 1.1


def test_a_machine_that_stays_slow_ends_the_waiting_and_the_least_disturbed_counts(monkeypatch):
    paces = {}

    def slowdown(now):  # after the first look ever slower, but for the third measurement
        paces[now] = 1.0 if now == 0 else 1.5 if machine.measurements == 3 else 2.0
        return paces[now]

    machine = Machine(monkeypatch, slowdown)
    measure = Steady(machine.measure, machine.pace, looks=0)
    third = measure("W1", VARIANT)["end"]
    assert paces[third] == 1.5
    assert machine.measurements == ATTEMPTS
    assert machine.now == ATTEMPTS + (ATTEMPTS - 1) * PATIENCE
    assert (measure.made, measure.again, measure.disturbed) == (1, 1, 1)


def test_the_best_pace_is_known_before_anything_is_measured(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 1.0 if now == 2 * PAUSE else 2.0)
    measure = Steady(machine.measure, machine.pace, looks=4)
    measure("W1", VARIANT)
    assert measure.best == 0.01
    assert measure.disturbed == 1


def test_what_cannot_be_measured_is_not_tried_again(monkeypatch):
    machine = Machine(monkeypatch)

    def fail(workload, variant):
        machine.measure(workload, variant)
        raise MeasurementError("no JAX")

    measure = Steady(fail, machine.pace, looks=0)
    with pytest.raises(MeasurementError, match="no JAX"):
        measure("W1", VARIANT)
    assert machine.measurements == 1
    assert measure.made == 0


def test_the_pace_is_that_of_a_product_on_this_machine():
    seconds = product()
    assert 0 < seconds() < 10
