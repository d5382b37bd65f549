import re

import numpy as np
import pytest

from mytorch.theory import statements
from mytorch.theory.statements import COURSE, VARIED

from .answers import numbers, problem, solved

TRUTH = {  # settled here by reasoning, there by computing
    "sigmoid-bounded": True,
    "sigmoid-steeper-than-tanh": False,
    "dense-shares-weights": False,
    "relu-dies": True,
    "leaky-relu-dies": False,
    "elu-dies": False,
    "stride-is-hyper-parameter": True,
    "padding-is-hyper-parameter": True,
    "filter-size-is-hyper-parameter": True,
    "image-size-is-hyper-parameter": False,
    "weight-is-hyper-parameter": False,
    "rgb-filter-has-10-parameters": False,
    "relu-has-a-derivative-at-0": False,
    "conv-shares-weights": True,
    "text-size-at-stride-1": False,
    "text-size-at-stride-2": False,
    "zero-weights-have-no-gradient": False,
    "sigmoid-is-centred": False,
    "softmax-changes-with-a-shift": False,
    "no-bias-through-the-origin": True,
    "a-step-lowers-the-loss": False,
}


def test_every_statement_of_the_course_has_its_known_verdict():
    got = numbers(solved("true-false"))
    verdicts = {name: got[f"statement{n}.true"] for n, name in enumerate(COURSE, 1)}
    assert verdicts == TRUTH


def test_the_numbers_that_settle_them():
    got = {name: numbers(solved("true-false", statements=(name,))) for name in COURSE}
    slopes = got["sigmoid-steeper-than-tanh"]
    assert (slopes["statement1.sigmoid_slope"], slopes["statement1.tanh_slope"]) == (0.25, 1)
    dense = got["dense-shares-weights"]
    assert np.flatnonzero(dense["statement1.change"]).tolist() == [0]
    assert dense["statement1.parameters"] == 15
    assert got["rgb-filter-has-10-parameters"]["statement1.rgb"] == 28
    assert got["relu-dies"]["statement1.gradient"] == 0
    assert got["leaky-relu-dies"]["statement1.gradient"] == pytest.approx(0.045, rel=1e-13)
    assert got["zero-weights-have-no-gradient"]["statement1.weight_gradient"] == 0
    assert got["zero-weights-have-no-gradient"]["statement1.bias_gradient"] == pytest.approx(1 / 6)
    assert got["text-size-at-stride-1"]["statement1.computed"] == 4
    assert got["text-size-at-stride-2"]["statement1.computed"] == 2


def whole(text):
    return [int(n) for n in re.findall(r"-?\d+", text)]


def is_true(name, text):
    """The verdict on a varied statement, from its words alone."""
    n = whole(text)
    if name == "parameters-of-a-dense-layer":
        return n[2] == n[1] * (n[0] + 1)
    if name == "parameters-of-a-convolution":
        return n[4] == n[0] * (n[3] * n[1] * n[2] + 1)
    if name == "size-of-an-output":
        return n[6] == (n[0] + 2 * n[5] - n[2]) // n[4] + 1
    if name == "filter-that-keeps-the-size":
        return n[2] == 2 * n[1] + 1
    if name == "a-dead-relu":
        w0, w1, b, *points = n
        pairs = zip(points[::2], points[1::2], strict=True)
        return all(w0 * x + w1 * y + b <= 0 for x, y in pairs)
    at = float(re.search(r"At (-?[\d.]+)", text)[1])
    slopes = []
    for title in re.search(r"of (.+) is larger than that of (.+)\.", text).groups():
        e = np.exp(at)
        slopes.append(
            {
                "sigmoid": e / (1 + e) ** 2,
                "tanh": 1 / np.cosh(at) ** 2,
                "ReLU": float(at > 0),
                "leaky ReLU": 1 if at > 0 else 0.01,
                "ELU": 1 if at > 0 else e,
            }[title]
        )
    return bool(slopes[0] > slopes[1])


@pytest.mark.parametrize("name", VARIED)
def test_varied_statements_are_judged_rightly_and_both_verdicts_occur(name):
    verdicts, texts = [], set()
    for seed in range(1000):
        settled = VARIED[name](np.random.default_rng(seed))
        assert settled.true is is_true(name, settled.text), settled.text
        verdicts.append(settled.true)
        texts.add(settled.text)
    assert 0.15 < np.mean(verdicts) < 0.85
    assert len(texts) > 10


def test_1000_exercises_pose_different_questions_with_their_own_keys():
    seen = set()
    for seed in range(1000):
        posed = problem("true-false", seed)
        assert len(set(posed.statements)) == len(posed.statements) == 5
        seen.add(posed)
        if seed < 100:
            answer = solved("true-false", seed)
            lines = answer.question.split("\n")[1:]
            for line, name, result in zip(lines, posed.statements, answer.results, strict=True):
                text = line.split(") ", 1)[1]
                want = TRUTH[name] if name in TRUTH else is_true(name, text)
                assert result.value is want, line
    assert len(seen) == 1000


def test_each_varied_statement_has_numbers_of_its_own():
    twice = ("size-of-an-output",) * 2
    same, other = (
        solved("true-false", statements=twice, numbers=seeds).question.split("\n")[1:]
        for seeds in ((5, 5), (5, 6))
    )
    assert same[0][4:] == same[1][4:] == other[0][4:] != other[1][4:]


def test_the_question_does_not_tell_the_verdicts():
    question = solved("true-false").question
    assert len(question.split("\n")) == len(COURSE) + 1
    assert not re.search(r"\b(True|False)\.", question)


def test_a_hyper_parameter_is_looked_up_in_the_layer():
    assert not statements._hyper("image_size", "x", False)().true
    assert statements._hyper("dilation", "x", True)().true
