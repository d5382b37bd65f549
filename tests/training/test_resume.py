"""A training taken up from its state goes on bit for bit, wherever it was left."""

from functools import partial

import numpy as np
import pytest

from mytorch import nn
from mytorch.data.transforms import Compose
from mytorch.training import EarlyStopping, fit
from mytorch.training.checkpoint import load_checkpoint, save_checkpoint
from mytorch.utils.errors import ArgumentError


def noise(x, rng):
    return x + 0.01 * rng.standard_normal(x.shape, np.float32)


class Plain:
    """A training with as much state as there can be, made anew by every call."""

    def __init__(self):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((50, 6)).astype(np.float32)
        y = rng.integers(0, 3, 50)
        self.model = nn.Sequential(
            nn.Linear(6, 8, rng=rng), nn.ReLU(), nn.Dropout(rng=rng), nn.Linear(8, 3, rng=rng)
        )
        self.order = np.random.default_rng(1)
        self.optimizer = self.make_optimizer()
        self.training = fit(
            self.model,
            nn.SoftmaxCrossEntropy(),
            self.optimizer,
            (x[:40], y[:40]),
            (x[40:], y[40:]),
            epochs=4,
            batch_size=16,
            rng=self.order,
            **self.make_options(),
        )

    def make_optimizer(self):
        return nn.SGD(self.model.get_parameters(), lr=0.1, momentum=0.9)

    def make_options(self):
        return {}


class Everything(Plain):
    def make_optimizer(self):
        self.model = nn.Sequential(
            *self.model.layers[:1], nn.BatchNorm1d(8), *self.model.layers[1:]
        )
        return nn.AdamW(self.model.get_parameters(), lr=0.02, amsgrad=True)

    def make_options(self):
        return {
            "schedule": nn.schedule.cosine(0.05, total_steps=12),
            "stopping": EarlyStopping(1),
            "augment": Compose(noise, rng=np.random.default_rng(7)),
            "penalties": [nn.L2Penalty(0.01)],
            "max_norm": 0.5,
            "micro_batch": 4,
        }


class Plateau(Plain):
    def make_options(self):
        return {"schedule": nn.ReduceLROnPlateau(0.1, patience=0, factor=0.5)}


class EpochsOnly(Plain):
    def make_options(self):
        return {"step_records": False}


class InOrder(Plain):
    def make_optimizer(self):
        self.order = None
        return nn.Adam(self.model.get_parameters())


class SharedGenerator(Plain):
    """The order of the examples and the dropout masks come from one stream."""

    def make_optimizer(self):
        self.order = self.model[2].rng
        return nn.RMSprop(self.model.get_parameters(), lr=0.01, momentum=0.5)


CASES = [Plain, Everything, Plateau, EpochsOnly, InOrder, SharedGenerator]


def outcome(case):
    return {name: array.tobytes() for name, array in case.model.state_dict().items()}


@pytest.mark.parametrize("make", CASES, ids=lambda case: case.__name__)
def test_a_training_resumed_after_any_record_ends_in_the_same_bits(make, tmp_path):
    whole = make()
    states = [whole.training.state_dict()]
    records = []
    for record in whole.training:
        records.append(record)
        states.append(whole.training.state_dict())
    assert len(records) >= 4
    for done, state in enumerate(states):
        path = tmp_path / f"{done}.npz"
        save_checkpoint(path, state)
        resumed = make()
        resumed.training.load_state_dict(load_checkpoint(path))
        assert list(resumed.training) == records[done:]
        assert outcome(resumed) == outcome(whole)
        for name, array in whole.optimizer.state_dict().items():
            assert resumed.optimizer.state_dict()[name].tobytes() == array.tobytes()
        assert resumed.optimizer.lr == whole.optimizer.lr


def test_taking_the_state_changes_nothing():
    looked_at, left_alone = Everything(), Everything()
    records = []
    for record in looked_at.training:
        looked_at.training.state_dict()
        records.append(record)
    assert records == list(left_alone.training)
    assert outcome(looked_at) == outcome(left_alone)


def test_a_state_does_not_change_while_the_training_goes_on():
    case = Plain()
    next(case.training)
    state = case.training.state_dict()
    weights = {name: array.copy() for name, array in state["model"].items()}
    list(case.training)
    for name, array in weights.items():
        np.testing.assert_array_equal(state["model"][name], array)
    assert state["step"] == 1


def test_a_state_can_be_taken_up_where_another_training_already_runs():
    first, second = Plain(), Plain()
    for _ in range(3):
        next(first.training)
    state = first.training.state_dict()
    for _ in range(5):
        next(second.training)
    second.training.load_state_dict(state)
    assert list(second.training) == list(first.training)
    assert outcome(first) == outcome(second)


@pytest.mark.parametrize("other", [Everything, Plateau])
def test_the_state_of_another_training_is_refused_and_nothing_changes(other):
    case = Plain()
    before = outcome(case)
    with pytest.raises(ArgumentError, match=r"other arguments|missing|expected"):
        case.training.load_state_dict(other().training.state_dict())
    assert outcome(case) == before


@pytest.mark.parametrize(
    "change", [{"epoch": -5}, {"batch": -1}, {"epoch": 99}, {"optimizer": {}}, {"lr": None}, None]
)
def test_what_is_no_state_is_refused_and_nothing_changes(change):
    case, other = Plain(), Plain()
    next(case.training)
    next(other.training)
    state = {} if change is None else {**Plain().training.state_dict(), **change}
    with pytest.raises(ArgumentError):
        case.training.load_state_dict(state)
    assert list(case.training) == list(other.training)
    assert outcome(case) == outcome(other)


def closing_over(rng):
    return lambda x: noise(x, rng)


def with_a_default(rng):
    def augment(x, rng=rng):
        return noise(x, rng)

    return augment


@pytest.mark.parametrize(
    "make", [closing_over, with_a_default, lambda rng: partial(noise, rng=rng)]
)
def test_generators_of_functions_are_part_of_the_state(make):
    class Augmented(Plain):
        def make_options(self):
            return {"augment": make(np.random.default_rng(7))}

    whole, other = Augmented(), Augmented()
    records = [next(whole.training) for _ in range(3)]
    other.training.load_state_dict(whole.training.state_dict())
    assert list(other.training) == list(whole.training)
    assert records


def test_the_number_of_records_is_known_beforehand():
    assert Plain().training.total_records == len(list(Plain().training)) == 4 * (3 + 1)
    assert EpochsOnly().training.total_records == len(list(EpochsOnly().training)) == 4
