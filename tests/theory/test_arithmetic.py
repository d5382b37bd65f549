"""The arithmetic that is written out gives the numbers that stand below it."""

import math
import re

import numpy as np
import pytest

from mytorch.theory import registry

from .answers import solved

KNOWN = {
    "exp": math.exp,
    "floor": math.floor,
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
}
IMAGE = tuple(tuple(tuple(range(r, r + 5)) for r in (n, 3, -2, 4)) for n in (1, 2))
KERNEL = (((1.0, -2.0), (3.0, 0.0)), ((2.0, 0.0), (-1.0, 1.0)))
CASES = {
    "feedforward": [{"activations": (f,)} for f in ("tanh", "elu", "swish")],
    "gradient": [
        *({"activation": f} for f in ("tanh", "relu", "leaky-relu", "elu", "swish")),
        {"x": (0.5, -0.25, 2.0), "w": (1.0, 0.5, -2.0)},
    ],
    "gd-step": [{"steps": 4, "lr": 0.03}, {"loss": "half"}, {"x": (1.0, 2.0), "w": (3.0, -1.0)}],
    "backprop": [{"sizes": (3, 4, 4, 2)}, {"sizes": (3, 2)}, {"layout": "rows", "examples": 3}],
    "conv": [
        *({"image": IMAGE, "kernel": KERNEL, "stride": s, "padding": p}
          for s, p in ((1, 0), (2, 1), (2, 0), (3, 1))),
        *({"question": q} for q in ("size", "same", "parameters")),
        {"kernel_size": (5,)},
    ],
    "initialization": [{"width": 16, "samples": 16}],
}  # fmt: skip


def evaluated(text):
    """The number that arithmetic gives; None where a letter is left in it."""
    try:
        return eval(text.replace("^", "**"), {"__builtins__": {}}, KNOWN)
    except (NameError, SyntaxError):
        return None


def stated(values, symbol, x):
    """The number that a step gives for a symbol, `z1[2]` the second entry of z1."""
    known = {part.symbol: part.value for part in values}
    if symbol in known:
        return np.ravel(known[symbol])[0]
    point = re.fullmatch(r"(f'?)\((\S+)\)", symbol)
    if point:
        slot = np.flatnonzero(np.isclose(x, float(point[2]), rtol=1e-5, atol=0))[0]
        return np.ravel(values[0].value)[slot]
    name, index = re.fullmatch(r"(\S+)\[(\d+)\]", symbol).groups()
    return np.ravel(known[name])[int(index) - 1]


@pytest.mark.parametrize("name", registry.TOPICS)
def test_what_is_written_out_gives_what_is_stated(name):
    met = 0
    problems = [{}, *CASES.get(name, [])]
    answers = [solved(name, **given) for given in problems]
    small = {"width": 16, "samples": 16} if name == "initialization" else {}
    answers += [solved(name, seed, **small) for seed in range(20)]
    for answer in answers:
        x = next((part.value for part in answer.given if part.key == "x"), None)
        for step in answer.steps:
            for symbol, arithmetic in step.workings:
                want = stated(step.values, symbol, x)
                # six digits are shown of each number, and products of them are added
                got = evaluated(arithmetic)
                assert got == pytest.approx(want, rel=1e-4, abs=2e-5), (symbol, arithmetic)
                met += 1
            number = evaluated(step.numbers) if step.numbers else None
            if number is not None and step.values:
                beside = step.values[0].symbol == "stated"  # what a text states comes first
                want = np.ravel(step.values[int(beside)].value)[0]
                assert number == pytest.approx(want, rel=1e-4, abs=2e-5), step.numbers
                met += 1
    assert met > 40 or name in ("softmax", "initialization", "true-false")
