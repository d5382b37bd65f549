"""Every topic in every format: whole, escaped, balanced; numbers in full in JSON."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from mytorch.theory import registry
from mytorch.theory.answer import Answer, Step, value
from mytorch.theory.render import as_json, latex, markdown, text
from mytorch.theory.render.mathematics import formulas
from mytorch.theory.symbols import escape, latex_numbers, latex_symbol
from mytorch.utils.errors import ArgumentError

from .answers import solved

TOPICS = registry.TOPICS
SMALL = {"initialization": {"width": 16, "depth": 2, "samples": 16}}
FORMATS = {"text": text, "markdown": markdown, "latex": latex, "json": as_json}


def samples(name):
    """The course's problem and a few exercises."""
    given = SMALL.get(name, {})
    return [solved(name, seed, **given) for seed in (None, 0, 1, 2)]


EXTRA = {
    "backprop": [
        {"layout": "rows", "examples": 4, "reg_lambda": 0.5},
        {"sizes": (20, 10, 9)},
        {"sizes": (3, 2)},
        {"sizes": (3, 4, 4, 2), "activation": "relu"},
        {"sizes": (3, 4, 4, 2), "layout": "rows"},
    ],
    "conv": [{"question": q} for q in ("size", "same", "parameters", "hyper-parameters")],
    "gradient": [
        {"activation": a, "x": (1.0,), "w": (1.0,), "b": -1.0} for a in ("relu", "elu", "swish")
    ],
    "feedforward": [{"activations": ("softmax",)}],
    "gd-step": [{"steps": 3, "loss": "half"}],
}


def everything(name):
    return samples(name) + [solved(name, **given) for given in EXTRA.get(name, ())]


@pytest.mark.parametrize("name", TOPICS)
def test_keys_are_unique_and_shared_ones_mean_the_same(name):
    for answer in everything(name):
        keys = [part.key for part in answer.values()]
        assert len(keys) == len(set(keys))
        assert all(re.fullmatch(r"[A-Za-z][\w.-]*", key) for key in keys)
        computed = {part.key: part.value for part in answer.values()}
        for part in answer.results:
            if part.key in computed:
                np.testing.assert_array_equal(part.value, computed[part.key])
        assert len({part.key for part in answer.results}) == len(answer.results) > 0


GRADIENTS = ("dL_dw", "dL_db", "dL_dx", "new_w", "new_b")
CURVES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "swish")
KEYS = {  # of the results of the course's questions: programs read them
    "feedforward": ["default_reading", "input_first", "neuron_first"],
    "gradient": [f"{loss}.{key}" for loss in ("mse", "half") for key in GRADIENTS],
    "gd-step": ["w", "b", "loss_after"],
    "backprop": ["y_hat", "loss", "dl_dbeta", "dl_dalpha", "new_alpha", "new_beta"],
    "activations": [
        *(f"{name}.{part}" for name in CURVES for part in ("f", "slope")),
        *("softmax.f", "maxout.f", "maxout.slope"),
    ],
    "softmax": ["p", "jacobian"],
    "initialization": [
        f"{method}.{way}"
        for method in ("zero", "small", "xavier", "he")
        for way in ("forward", "backward")
    ],
    "dead-relu": ["dead", "largest_dead_b", "active_examples"],
    "conv": [
        *("correlation.at_0_4", "correlation.at_4_1", "correlation.y", "size.output"),
        *("same.filter", "same.filter_doubled"),
        *(
            f"parameters.{of}.{bias}"
            for of in ("rgb", "unknown_count", "stack")
            for bias in ("with_bias", "without_bias")
        ),
        *("hyper.are", "hyper.are_not"),
    ],
    "true-false": [f"statement{n}.true" for n in range(1, 22)],
}


@pytest.mark.parametrize("name", TOPICS)
def test_the_keys_of_the_results_stay(name):
    assert [part.key for part in solved(name, **SMALL.get(name, {})).results] == KEYS[name]


@pytest.mark.parametrize("name", TOPICS)
def test_json_holds_every_number_in_full(name):
    for answer in everything(name):
        entry = json.loads(as_json.document([answer]))
        assert list(entry) == [
            *("topic", "title", "problem", "question", "given", "steps", "values", "results")
        ]
        for stored, parts in (
            (entry["given"], answer.given),
            (entry["values"], answer.values()),
            (entry["results"], answer.results),
        ):
            assert list(stored) == [part.key for part in parts]
            for part in parts:
                np.testing.assert_array_equal(stored[part.key], part.value)
        inside = [key for step in entry["steps"] for key in step["values"]]
        assert inside == list(entry["values"])


@pytest.mark.parametrize("name", TOPICS)
def test_a_hidden_answer_leaves_the_question_and_what_is_given(name):
    for answer in samples(name):
        shown = text.document([answer], with_answer=False)
        assert text.document([answer]).startswith(shown.rstrip("\n"))
        assert "Result" not in shown
        entry = json.loads(as_json.document([answer], with_answer=False))
        assert list(entry) == ["topic", "title", "problem", "question", "given"]
        for step in answer.steps:
            assert step.say not in shown
            assert step.say not in markdown.document([answer], with_answer=False)
        assert r"\subsection*{Result}" not in latex.document([answer], with_answer=False)


@pytest.mark.parametrize("name", TOPICS)
def test_text_fits_a_terminal_and_shows_every_step(name):
    for answer in everything(name):
        shown = text.document([answer])
        assert shown.isascii()
        assert "`" not in shown
        for number in range(1, len(answer.steps) + 1):
            assert re.search(rf"^{number}\. ", shown, flags=re.MULTILINE)
        prose = [line for line in shown.splitlines() if " = " not in line and "[ " not in line]
        assert max(map(len, prose)) <= 100


def without_escapes(document):
    return re.sub(r"\\[\\{}$&#_%]", "", document)


def check_latex(document):
    """What a compiler would stumble over: braces, environments, specials outside mathematics."""
    assert document.isascii()
    assert document.startswith("\\documentclass{article}\n")
    assert document.endswith("\\end{document}\n")
    plain = without_escapes(document)
    depth = 0
    for char in plain:
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    open_ones = []
    for kind, name in re.findall(r"\\(begin|end)\{([\w*]+)\}", document):
        if kind == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
    assert open_ones == []
    assert plain.count(r"\left") == plain.count(r"\right")
    body = document.split(r"\begin{document}")[1]
    prose = re.sub(r"\\begin\{align\*\}.*?\\end\{align\*\}", "", body, flags=re.DOTALL)
    assert not re.search(r"[$&#_%^~<>|]", without_escapes(prose))
    for math in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", body, flags=re.DOTALL):
        assert "\n\n" not in math
        assert not re.search(r"[$#%~]", without_escapes(math))
        for row in re.sub(r"\\begin\{(bmatrix|cases)\}.*?\\end\{\1\}", "", math,
                          flags=re.DOTALL).split(r"\\"):  # fmt: skip
            assert row.count("&") - row.count(r"\&") == 1, row
    for matrix in re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", body):
        rows = matrix.split(r"\\")
        assert len({row.count("&") for row in rows}) == 1
        assert rows[0].count("&") < 16  # MaxMatrixCols


@pytest.mark.parametrize("name", TOPICS)
def test_latex_is_balanced_and_escaped(name):
    answers = everything(name)
    check_latex(latex.document(answers))
    check_latex(latex.document(answers, with_answer=False))


@pytest.mark.parametrize(
    "wrong",
    [
        r"\documentclass{article}" "\n" r"\begin{document}{" "\n" r"\end{document}" "\n",
        r"\documentclass{article}" "\n" r"\begin{document} 50 % \end{document}" "\n",
        r"\documentclass{article}"
        "\n"
        r"\begin{document}\begin{align*}& a & b\end{align*}\end{document}"
        "\n",
        r"\documentclass{article}" "\n" r"\begin{document}\begin{align*}& a\end{document}" "\n",
    ],
)
def test_a_broken_document_would_be_found(wrong):
    with pytest.raises((AssertionError, IndexError)):
        check_latex(wrong)


@pytest.mark.parametrize("name", TOPICS)
def test_latex_compiles(name, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "a.tex").write_text(latex.document(everything(name)))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-2000:]


@pytest.mark.parametrize("name", TOPICS)
def test_each_formula_can_be_typeset(name):
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    typeset = 0
    for answer in everything(name):
        lines = [part.latex for part in (*answer.given, *answer.values(), *answer.results)]
        lines += [line for step in answer.steps for parts in formulas(step) for line in parts]
        for line in lines:
            if r"\begin" in line:
                continue  # environments are LaTeX's alone
            known = line.replace(r"\tfrac", r"\frac").replace(r"\textstyle", "")
            known = known.replace(r"\lVert", r"\Vert").replace(r"\rVert", r"\Vert")
            known = re.sub(r"\\le\b", r"\\leq", known)
            known = known.replace(r"\iff", r"\Leftrightarrow").replace(r"\tilde", r"\hat")
            parser.parse(f"${known}$")
            typeset += 1
    assert typeset > 4


@pytest.mark.parametrize("name", TOPICS)
def test_markdown_has_its_mathematics_between_dollars(name):
    for answer in everything(name):
        shown = markdown.document([answer])
        assert shown.startswith(f"# {answer.title}\n")
        assert shown.count("$$") % 2 == 0
        assert "\n\n\n" not in shown
        for block in shown.split("$$\n")[1::2]:
            assert "\n\n" not in block


def test_several_answers_are_one_document_and_a_list_in_json():
    answers = samples("softmax")[:2]
    document = latex.document(answers)
    check_latex(document)
    assert document.count(r"\section*") == 2
    assert document.count(r"\documentclass") == 1
    assert len(json.loads(as_json.document(answers))) == 2
    assert markdown.document(answers).count("\n# ") == 1


def test_the_text_of_an_answer():
    assert text.document([solved("gd-step")]) == (
        """Gradient descent on a linear neuron
===================================

A linear neuron computes y_hat = w x + b; the loss is L = (y - y_hat)^2. What are w and b after
1 step of gradient descent?
     x = [2]
     w = [1]
     b = -1
     y = 3
     lr = 0.1

1.   The output.
     y_hat = w x + b
       = 1 * 2 + (-1)
     y_hat = 1

2.   The loss.
     L = (y - y_hat)^2
       = (3 - 1)^2
     L = 4

3.   The gradients.
     dL/dw = -2 (y - y_hat) x, dL/db = -2 (y - y_hat)
     dL/dw = -2 * (3 - 1) * 2
     dL/db = -2 * (3 - 1)
     dL/dw = [-8]
     dL/db = -4

4.   The update.
     w' = w - lr dL/dw, b' = b - lr dL/db
     w' = 1 - 0.1 * (-8)
     b' = -1 - 0.1 * (-4)
     w' = [1.8]
     b' = -0.6
     y_hat - y = -2

5.   How fast: the error y_hat - y is linear in w and b, and each step multiplies it by 1 - 2 lr
     (|x|^2 + 1). Here that is 0: one step reaches the target exactly, and the loss is 0.
     y_hat' - y = (1 - 2 lr (|x|^2 + 1)) (y_hat - y)
     factor of the error = 0

Result
     w' = [1.8]
     b' = -0.6
     L after the last step = 0
"""
    )


def test_matrices_in_text_and_latex():
    answer = Answer(
        "x", "X", "Q", (value("a", [[1, -2.5], [10, 1e-7]]),), (Step("Do."),),
        (value("b", np.zeros((20, 20))), value("none", None), value("n", [])),
    )  # fmt: skip
    assert ("     a = [     1   -2.5 ]   2 x 2\n         [    10  1e-07 ]\n") in text.document(
        [answer]
    )
    shown = latex.document([answer])
    assert r"a = \begin{bmatrix} 1 & -2.5 \\ 10 & 1 \times 10^{-7} \end{bmatrix}" in shown
    assert r"b = \text{an array of } 20 \times 20" in shown
    assert "b = 20 x 20 numbers (--json shows them)" in text.document([answer])
    assert "n = none" in text.document([answer])
    assert len(json.loads(as_json.document([answer]))["results"]["b"]) == 20


def test_numbers_beyond_floating_point_are_refused():
    with pytest.raises(ArgumentError, match="z is beyond what floating point can hold"):
        solved("gradient", x=(1e200,), w=(1e200,))


@pytest.mark.parametrize(
    ("symbol", "want"),
    [
        ("dL/dw", r"\frac{\partial L}{\partial w}"),
        ("dl/dbeta", r"\frac{\partial l}{\partial \beta}"),
        ("dL/dW2", r"\frac{\partial L}{\partial W_{2}}"),
        ("y_hat", r"\hat{y}"),
        ("z1", "z_{1}"),
        ("w'", "w'"),
        ("Y[0,4]", "Y_{0,4}"),
        ("z1[2]", "z_{1,2}"),
        ("p[2]", "p_{2}"),
        ("delta", r"\delta"),
        ("sum of e_k", r"\text{sum of e\_k}"),
    ],
)
def test_symbols_in_latex(symbol, want):
    assert latex_symbol(symbol) == want


def test_everything_that_latex_would_take_for_itself_is_escaped():
    assert escape(r"a_b & 5% of {x} < $1 # ~^\|>") == (
        r"a\_b \& 5\% of \{x\} \textless{} \$1 \# "
        r"\textasciitilde{}\textasciicircum{}\textbackslash{}\textbar{}\textgreater{}"
    )


def test_arithmetic_in_latex():
    assert latex_numbers("1e-05 * exp(-2)") == r"1 \times 10^{-5} \cdot \operatorname{exp}(-2)"
    assert latex_numbers("1e+20") == r"1 \times 10^{20}"
    assert latex_numbers("sigmoid(0.5) * 2") == r"\sigma(0.5) \cdot 2"
