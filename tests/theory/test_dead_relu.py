import math
from pathlib import Path

import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential
from mytorch.theory.dead_units import dead_units
from mytorch.utils.errors import RunError, ShapeError

from .answers import numbers, problem, solved


def test_a_neuron_is_dead_exactly_where_no_net_input_is_positive():
    x, w = ((1.0, 2.0), (3.0, 0.0)), (1.0, -1.0)
    for b, dead in ((-3.0, True), (-3.0 + 1e-9, False), (-2.0, False), (-9.0, True)):
        got = numbers(solved("dead-relu", x=x, w=w, b=b))
        assert got["dead"] is dead
        assert got["largest_dead_b"] == -3
        assert (got["active_examples"] == 0) is dead
        assert bool(np.all(got["relu.dL_dw"] == 0)) is dead


def test_a_net_input_that_is_0_by_hand_is_0():
    got = numbers(solved("dead-relu", x=((0.1, 0.2),), w=(1.0, 1.0), b=-0.3))
    assert 0.1 + 0.2 - 0.3 > 0
    assert got["z"].tolist() == [0]
    assert got["dead"] is True


def test_leaky_relu_and_elu_pass_their_slopes_on():
    got = numbers(solved("dead-relu"))
    x, z = np.array([[1, 2], [0.5, 1], [2, 0], [0, 3.0]]), np.array([-2.5, -1.5, -2.5, -2.0])
    np.testing.assert_allclose(got["z"], z, rtol=1e-15)
    np.testing.assert_allclose(got["leaky_relu.dL_dw"], 0.01 * x.sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(got["elu.dL_dw"], np.exp(z) @ x, rtol=1e-14)
    assert got["elu.smallest_slope"] == pytest.approx(math.exp(-2.5), rel=1e-15, abs=0)


def test_elus_slope_vanishes_where_the_text_says():
    got = numbers(solved("dead-relu"))
    slopes = dict(zip(got["elu.far_z"], got["elu.far_slopes"], strict=True))
    assert 1 / slopes[-10] == pytest.approx(22_000, rel=0.01)
    assert slopes[-750] == 0
    assert math.exp(-745) > 0
    assert got["elu.float32_slope_at_minus_104"] == 0


def test_a_leaky_relu_of_slope_0_is_a_relu():
    answer = solved("dead-relu", alpha=0.0)
    assert numbers(answer)["leaky_relu.dL_dw"].tolist() == [0, 0]
    assert any("with alpha = 0 is a ReLU" in step.say for step in answer.steps)


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="--x has 2 columns and --w 1"):
        solved("dead-relu", w=(1.0,))


def test_dead_units_of_a_network_are_found():
    rng = np.random.default_rng(0)
    model = Sequential(
        Linear(3, 5, rng=rng), ReLU(), Sequential(Linear(5, 4, rng=rng), ReLU()), Linear(4, 2)
    )
    model[0].bias[[1, 4]] = -100
    x = rng.normal(size=(1203, 3)).astype(np.float32)
    first, second = dead_units(model, x)
    assert (first.name, second.name) == ("1 ReLU", "2.1 ReLU")
    assert np.flatnonzero(first.active == 0).tolist() == [1, 4]
    assert first.dead == 2
    z = x @ model[0].weight.T + model[0].bias
    assert first.active.tolist() == (z > 0).sum(axis=0).tolist()
    h = np.maximum(z, 0) @ model[2][0].weight.T + model[2][0].bias
    assert second.active.tolist() == (h > 0).sum(axis=0).tolist()
    assert second.examples == 1203


def test_a_channel_of_images_lives_where_any_pixel_does():
    x = np.zeros((2, 3, 4, 4), np.float32)
    x[1, 2, 0, 3] = 1
    (units,) = dead_units(Sequential(ReLU()), x)
    assert units.active.tolist() == [0, 0, 1]


def test_the_dead_units_of_a_run_are_those_of_its_network(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    from mytorch.cli.main import main
    from mytorch.data import load
    from mytorch.reporting.predictor import Predictor

    monkeypatch.chdir(tmp_path)
    assert main(["run", "nyu6953/p6", "--smoke", "--out=run"]) == 0
    got = numbers(solved("dead-relu", run="run"))
    predictor = Predictor(Path("run"))
    x = predictor.prepared(load("digits").train.x)
    for number, position in ((1, 2), (2, 4)):
        y = predictor.model[:position].predict(x)
        assert got[f"relu{number}.active_examples"].tolist() == (y > 0).sum(axis=0).tolist()
        dead = np.flatnonzero((y <= 0).all(axis=0))
        assert got[f"relu{number}.dead"].tolist() == dead.tolist()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="holds no trained model"):
        solved("dead-relu", run=str(tmp_path))


def test_keys_of_1000_exercises_are_right():
    verdicts, seen = [], set()
    for seed in range(1000):
        posed = problem("dead-relu", seed)
        got = numbers(solved("dead-relu", seed))
        nets = [sum(a * c for a, c in zip(row, posed.w, strict=True)) for row in posed.x]
        dead = all(net + posed.b <= 0 for net in nets)
        assert got["dead"] is dead
        assert got["largest_dead_b"] == -max(nets)
        assert got["active_examples"] == sum(net + posed.b > 0 for net in nets)
        verdicts.append(dead)
        seen.add(posed)
    assert 400 < sum(verdicts) < 600  # nobody is right by always saying the same
    assert len(seen) > 990
