import json

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import architecture
from mytorch.utils.errors import ArgumentError

IMAGES = (5, 4, 6, 7)
SHAPES = {
    nn.Flatten: (5, 2, 3),
    nn.LayerNorm: (5, 2, 3),
    nn.BatchNorm2d: (5, 6, 2, 3),
    **dict.fromkeys(
        [nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Dropout2d], IMAGES
    ),
}
CASES = {
    nn.Linear: [nn.Linear(6, 3), nn.Linear(6, 3, bias=False)],
    nn.Conv2d: [nn.Conv2d(4, 6, 3), nn.Conv2d(4, 6, (3, 2), 2, 1, (1, 2), 2, bias=False)],
    nn.MaxPool2d: [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1, 2, ceil_mode=True)],
    nn.AvgPool2d: [nn.AvgPool2d(2), nn.AvgPool2d(3, (1, 2), 1, True, False, 4)],
    nn.AdaptiveAvgPool2d: [nn.AdaptiveAvgPool2d((2, 3))],
    nn.BatchNorm2d: [nn.BatchNorm2d(6), nn.BatchNorm2d(6, frozen=True)],
    nn.Flatten: [nn.Flatten(0, -2)],
    nn.Dropout: [nn.Dropout(0.3)],
    nn.BatchNorm1d: [
        nn.BatchNorm1d(6, eps=0.1, momentum=None),
        nn.BatchNorm1d(6, affine=False, track_running_stats=False),
    ],
    nn.LayerNorm: [
        nn.LayerNorm((2, 3)),
        nn.LayerNorm(3, bias=False),
        nn.LayerNorm(3, elementwise_affine=False),
    ],
    nn.MaxOut: [nn.MaxOut(3)],
    nn.LeakyReLU: [nn.LeakyReLU(0.3)],
    nn.ELU: [nn.ELU(0.3)],
    nn.GELU: [nn.GELU("tanh")],
    nn.Softplus: [nn.Softplus(2.0, 1.0)],
    nn.Softmax: [nn.Softmax(1)],
    nn.LogSoftmax: [nn.LogSoftmax(0)],
    nn.Sequential: [nn.Sequential(), nn.Sequential(nn.Linear(6, 4), nn.Sequential(nn.Tanh()))],
    nn.Residual: [
        nn.Residual(nn.Linear(6, 6), nn.ReLU()),
        nn.Residual(nn.Linear(6, 4), shortcut=nn.Sequential(nn.Linear(6, 4))),
    ],
}
PUBLIC = {
    v
    for v in vars(nn).values()
    if isinstance(v, type) and issubclass(v, nn.Module) and not issubclass(v, nn.Loss)
} - {nn.Module, nn.Elementwise}


def test_every_module_can_be_described():
    assert set(architecture.OPTIONS) | {nn.Sequential, nn.Residual} == PUBLIC


@pytest.mark.parametrize(
    "model",
    [
        model
        for kind in sorted(PUBLIC, key=lambda kind: kind.__name__)
        for model in CASES.get(kind) or [kind()]
    ],
    ids=lambda model: repr(model).replace("\n", " "),
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_built_from_its_description_computes_the_same(model, dtype):
    model = model.astype(dtype)
    built = architecture.build(json.loads(json.dumps(architecture.describe(model))), dtype)
    built.load_state_dict(model.state_dict())
    assert repr(built) == repr(model)
    x = np.random.default_rng(0).standard_normal(SHAPES.get(type(model), (5, 6))).astype(dtype)
    if not isinstance(model, nn.Dropout):
        np.testing.assert_array_equal(built.forward(x), model.forward(x))
    np.testing.assert_array_equal(built.predict(x), model.predict(x))
    assert built.predict(x).dtype == dtype


def test_somebody_elses_module_is_not_described():
    class Own(nn.ReLU):
        pass

    with pytest.raises(ArgumentError, match=r"Own\(\) is not a module of this library"):
        architecture.describe(nn.Sequential(Own()))


@pytest.mark.parametrize(
    "description", [None, [], {"module": "Module"}, {"module": "Loss"}, {"module": "Linear"}]
)
def test_what_is_no_description_is_refused(description):
    with pytest.raises(ArgumentError, match="build: "):
        architecture.build(description)
