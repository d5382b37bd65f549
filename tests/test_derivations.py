"""What the derivations show is what happens, and what they call by name exists.

Kinds of blocks: ```python runs, all of a page in one namespace, and the ```text block right below
it is what it prints; any other ```text block is mathematics; ```py quotes a file; one without a
kind is a picture.
"""

import ast
import io
import re
from contextlib import redirect_stdout
from functools import lru_cache
from inspect import signature
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "derivations"
PAGES = [
    *("linear", "softmax_cross_entropy", "convolution", "max_pool", "batch_norm"),
    "adam_bias_correction",
]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "src" / "mytorch").rglob("*.py"))
)
WORDS = set(re.findall(r"\w+", SOURCES))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    code: str
    printed: str
    shown: str  # in the block right below it


class Page(NamedTuple):
    prose: str
    mathematics: list[str]
    quotes: list[str]
    code: list[tuple[str, str]]  # each with what is shown below it


@lru_cache
def read(name: str) -> Page:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    mathematics, quotes, code = [], [], []
    end_of_code = None
    for block in FENCE.finditer(text):
        kind, content = block.groups()
        below = end_of_code is not None and not text[end_of_code : block.start()].strip()
        if kind == "text" and below:
            code[-1] = code[-1][0], content
        elif kind == "text":
            mathematics.append(content)
        elif kind == "py":
            quotes.append(content)
        elif kind == "python":
            code.append((content, ""))
        end_of_code = block.end() if kind == "python" else None
    return Page(FENCE.sub("", text), mathematics, quotes, code)


@lru_cache
def run(name: str) -> tuple[dict[str, Any], list[Example]]:
    """Run a page; return its namespace, and what each block printed."""
    namespace: dict[str, Any] = {}
    examples = []
    with np.printoptions():  # a page sets its own
        for code, shown in read(name).code:
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(code, f"{name}.md", "exec"), namespace)
            examples.append(Example(code, out.getvalue(), shown))
    return namespace, examples


def test_there_is_a_page_for_each_and_the_index_links_it():
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\.md\]\((\w+)\.md\) \|", index, flags=re.MULTILINE)
    assert rows == [(name, name) for name in PAGES]
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(["README", *PAGES])


@pytest.mark.parametrize("name", PAGES)
def test_what_is_printed_is_what_is_shown(name):
    _, examples = run(name)
    assert len(examples) >= 4
    for example in examples:
        assert example.printed == example.shown, example.code


@pytest.mark.parametrize("name", PAGES)
def test_every_line_of_mathematics_has_its_shape(name):
    assert read(name).mathematics
    shape = re.compile(r"\S {2,}\([^][<=]*\)( = [^][<=]*\))?( for each [a-z', ]+)?$")
    lines = "".join(read(name).mathematics).splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        assert len(line) <= 100, line
        goes_on = below.startswith("    ") and not below.lstrip().startswith("=")
        assert shape.search(line) or goes_on, line


@pytest.mark.parametrize("name", PAGES)
def test_quotes_stand_in_the_file_that_they_name(name):
    for quote in read(name).quotes:
        head, *lines = quote.splitlines()
        source = (ROOT / head.removeprefix("# ")).read_text(encoding="utf-8")
        rest = [line.strip() for line in source.splitlines()]
        for part in "\n".join(line.strip() for line in lines).split("\n...\n"):
            wanted = part.splitlines()
            places = [i for i in range(len(rest)) if rest[i : i + len(wanted)] == wanted]
            assert places, f"{name}.md quotes what is not in {head}, or not there:\n{part}"
            rest = rest[places[0] + len(wanted) :]


def quoted_names(text: str) -> list[str]:
    """What stands alone between single backticks and looks like a name: `Linear.backward()`."""
    return re.findall(r"(?<!`)`([A-Za-z_][\w.]*)(?:\(\))?`(?!`)", text)


@pytest.mark.parametrize("name", PAGES)
def test_names_are_those_of_the_library(name):
    names = quoted_names(read(name).prose)
    assert len(names) >= 2
    for called in names:
        if called.startswith("np."):
            assert attrgetter(called.removeprefix("np."))(np)
        else:
            assert set(called.split(".")) <= WORDS, called


@pytest.mark.parametrize("name", PAGES)
def test_names_in_formulas_are_those_of_the_library_or_of_the_notation(name):
    notation = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    names = re.findall(r"[A-Za-z]\w*_\w+", "".join(read(name).mathematics))
    assert set(names) <= WORDS | set(quoted_names(notation))


# The same numbers by PyTorch. A twin's arguments are the page's givens, by name.


def linear(x, weight, bias, g):
    import torch

    y = torch.nn.functional.linear(x, weight, bias)
    y.backward(g)
    return {"y": y, "grad_weight": weight.grad, "grad_bias": bias.grad, "grad_input": x.grad}


def softmax_cross_entropy(z, labels, w, s, far, sure):
    import torch

    loss = torch.nn.functional.cross_entropy
    plain = loss(z, labels)
    (grad_input,) = torch.autograd.grad(plain, z)
    weighted = loss(z, labels, weight=w.detach(), label_smoothing=s)
    (weighted_grad,) = torch.autograd.grad(weighted, z)
    smoothed = (1 - s) * torch.nn.functional.one_hot(labels, 3).double() + s / z.shape[1]
    of_far = loss(far, torch.tensor([1]))
    (far_grad,) = torch.autograd.grad(of_far, far)
    return {
        "p": torch.softmax(z, dim=1),
        "loss": plain,
        "grad_input": grad_input,
        "q": smoothed * w,
        "weighted_loss": weighted,
        "weighted_grad": weighted_grad,
        "far_loss": of_far,
        "far_grad": far_grad,
        "doubled_floor": loss(sure, torch.tensor([0])),
    }


def convolution(x, weight, bias, g, many_x, many_weight, many_bias, many_g):
    import torch

    y = torch.nn.functional.conv2d(x, weight, bias)
    many_y = torch.nn.functional.conv2d(
        many_x, many_weight, many_bias, stride=2, padding=1, dilation=2
    )
    y.backward(g)
    many_y.backward(many_g)
    return {
        "y": y,
        "grad_weight": weight.grad,
        "grad_bias": bias.grad,
        "grad_input": x.grad,
        "many_y": many_y,
        "many_grad_weight": many_weight.grad,
        "many_grad_bias": many_bias.grad,
        "many_grad_input": many_x.grad,
    }


def max_pool(x, g, padded_x, padded_g):
    import torch

    results = {}
    for prefix, image, given, *options in (
        ("", x, g, 2, 2, 0),
        ("overlapping_", x, g, 3, 1, 0),
        ("padded_", padded_x, padded_g, 2, 2, 1),
    ):
        y, places = torch.nn.functional.max_pool2d(image, *options, return_indices=True)
        (grad_input,) = torch.autograd.grad(y, image, given)
        kernel, stride, padding = options
        top, left = (
            torch.arange(size) * stride - padding for size in y.shape[2:]
        )  # of each window
        row, column = places // image.shape[3] - top[:, None], places % image.shape[3] - left
        results |= {f"{prefix}y": y, f"{prefix}winners": row * kernel + column}
        results["grad_input" if not prefix else f"{prefix}grad"] = grad_input

    def total(moved):
        return (g * torch.nn.functional.max_pool2d(moved, 2)).sum()

    h, half = 2.0**-10, torch.zeros_like(x)
    for index in np.ndindex(*x.shape):
        step = torch.zeros_like(x)
        step[index] = h
        half[index] = (total(x + step) - total(x - step)) / (2 * h)
    return results | {"half_at_ties": half}


def batch_norm(x, weight, bias, eps, g, momentum):
    import torch

    running_mean = torch.zeros(2, dtype=torch.float64)
    running_var = torch.ones(2, dtype=torch.float64)

    def run(training):
        y = torch.nn.functional.batch_norm(
            *(x, running_mean, running_var, weight, bias),
            training=training,
            momentum=momentum,
            eps=eps,
        )
        return y, *torch.autograd.grad(y, (x, weight, bias), g)

    y, grad_input, grad_weight, grad_bias = run(True)
    eval_y, eval_grad_input, *_ = run(False)
    ones, zeros = torch.ones_like(weight), torch.zeros_like(weight)
    return {
        "r": 1 / torch.sqrt(x.var(dim=0, unbiased=False) + eps),
        "u": torch.nn.functional.batch_norm(x, None, None, ones, zeros, training=True, eps=eps),
        "y": y,
        "grad_weight": grad_weight,
        "grad_bias": grad_bias,
        "grad_input": grad_input,
        "running_mean": running_mean,
        "running_var": running_var,
        "eval_y": eval_y,
        "eval_grad_input": eval_grad_input,
    }


def adam_bias_correction(gradients, beta1, beta2, lr, eps, courses):
    import torch

    def steps(gradients, **options):
        p = torch.ones_like(gradients[0], requires_grad=True)
        optimizer = torch.optim.Adam([p], **options)
        for g in gradients:
            p.grad = g
            optimizer.step()
            memory = optimizer.state[p]
            yield memory["exp_avg"].clone(), memory["exp_avg_sq"].clone(), p.detach().clone()

    with torch.no_grad():
        taken = list(steps(gradients, lr=lr, betas=(beta1, beta2), eps=eps))
        m, v, p = (torch.stack(rows) for rows in zip(*taken, strict=True))
        *_, (course_m, course_v, _) = steps(courses, betas=(0.9, 0.999))
        t = torch.arange(1, len(m) + 1, dtype=torch.float64)[:, None]
        return {
            "all_m": m,
            "all_v": v,
            "all_p": p,
            "all_corrected_m": m / (1 - beta1**t),
            "all_corrected_v": v / (1 - beta2**t),
            "biased_m": course_m.mean(),
            "biased_v": course_v.mean(),
        }


TWINS = {
    twin.__name__: twin
    for twin in (
        *(linear, softmax_cross_entropy, convolution, max_pool, batch_norm),
        adam_bias_correction,
    )
}


@pytest.mark.parametrize("name", PAGES)
def test_every_result_is_that_of_pytorch(name):
    torch = pytest.importorskip("torch")
    namespace, _ = run(name)
    givens = {}
    for given in signature(TWINS[name]).parameters:
        value = namespace[given]
        if isinstance(value, np.ndarray):
            value = torch.tensor(value, requires_grad=value.dtype.kind == "f")
        givens[given] = value
    results = TWINS[name](**givens)
    for result, expected in results.items():
        expected = expected.detach().numpy()
        assert np.shape(namespace[result]) == expected.shape, result
        np.testing.assert_allclose(
            namespace[result], expected, rtol=1e-12, atol=1e-12, err_msg=result
        )
    assert printed_numbers(name) <= {*results, *givens}


class Printed(ast.NodeVisitor):
    """The names whose values calls of print show: not those that it only compares."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            for argument in node.args:
                self._look(argument)
        else:
            self.generic_visit(node)

    def _look(self, node):
        if isinstance(node, ast.Compare):
            return
        if isinstance(node, ast.Call):  # what a method belongs to, a.sum(): not the arguments
            self._look(node.func)
            return
        if isinstance(node, ast.Name):
            self.names.add(node.id)
        for child in ast.iter_child_nodes(node):
            self._look(child)


def printed_numbers(name: str) -> set[str]:
    """The floating numbers and arrays that a page prints by name, but for mistakes on purpose."""
    namespace, examples = run(name)
    printed = Printed()
    for example in examples:
        printed.visit(ast.parse(example.code))
    return {
        name
        for name in printed.names
        if not name.startswith("wrong_") and np.asarray(namespace.get(name)).dtype.kind in "fc"
    }
