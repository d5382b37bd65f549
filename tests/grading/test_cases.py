"""Every public module and loss has a case to check a class of that name with."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.grading.cases import ALIASES, CASES, draw
from mytorch.utils.gradient_check import check_gradients

BASES = {nn.Module, nn.Loss, nn.Elementwise}
CONTAINERS = {nn.Sequential, nn.Residual}


def test_no_public_module_is_missing():
    public = {
        name
        for name, value in vars(nn).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value not in BASES
    }
    assert public - {c.__name__ for c in CONTAINERS} <= {*CASES, *ALIASES}


@pytest.mark.parametrize("name", CASES)
def test_our_own_class_passes_with_its_case(name):
    case = CASES[name]
    x, targets = draw(case, seed=0)
    module = getattr(nn, name)(*case.arguments)
    if targets is None:
        report = check_gradients(module.astype(np.float64), x)
    else:
        report = check_gradients(nn.Sequential(), x, targets, loss=module)
    assert report.verdict == "ok", str(report)


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_stands_for_a_case(alias):
    assert ALIASES[alias] in CASES
