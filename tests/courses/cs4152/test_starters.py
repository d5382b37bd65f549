"""The starters cut from cs4152's programs, filled as a student fills them: by the formulas alone.

What is written here is NumPy; it needs nothing of the solution but the names that a starter shows.
"""

from pathlib import Path
from textwrap import indent

import pytest

import mytorch
from mytorch.courses.fences import misplaced, starter

FOLDER = Path(mytorch.__file__).parent / "courses" / "cs4152"
SIGMOID = "1 / (1 + np.exp(-({})))"
TRAIN = """
for _ in range(passes):
    for row in range(len(X)):
        self.step(X[[row]], y[[row]])
"""
PERCEPTRON = [
    f"return {SIGMOID.format('X @ self.W')}",
    """
o = self.forward(X)
self.W = self.W - self.lr * X.T @ ((o - y) * o * (1 - o))
""",
    TRAIN,
    "return (X @ self.w + self.b > 0).astype(int)",
    """
wrong = y - self.predict(X)
self.w = self.w + self.lr * wrong @ X
self.b += self.lr * wrong.item()
return bool(wrong.any())
""",
    """
while wrong and made < passes:
    wrong = False
    for row in range(len(X)):
        if self.update(X[[row]], y[[row]]):
            wrong = True
            if self.errors(X, y) < min(errors):
                best = self.weights
            errors.append(self.errors(X, y))
    made += 1
""",
]
LOGIC = [
    f"return {SIGMOID.format(SIGMOID.format('X @ self.W1') + ' @ self.W2')}",
    f"""
h, o = {SIGMOID.format("X @ self.W1")}, self.forward(X)
d = (o - y) * o * (1 - o)
W1 = self.W1 - self.lr * X.T @ (d @ self.W2.T * h * (1 - h))
self.W2 = self.W2 - self.lr * h.T @ d
self.W1 = W1
""",
    TRAIN,
]
DIGITS = [
    "return nn.Sequential(nn.Linear(inputs, classes, dtype=np.float64, rng=streams(seed).init))",
    """
rng = streams(seed).init
first = nn.Linear(inputs, hidden, dtype=np.float64, rng=rng)
return nn.Sequential(first, nn.Sigmoid(), nn.Linear(hidden, classes, dtype=np.float64, rng=rng))
""",
    """
loss, optimizer = nn.SoftmaxCrossEntropy(), nn.SGD(network.get_parameters(), lr)
rng = streams(seed).order
for _ in range(epochs):
    losses, order = 0.0, rng.permutation(len(split))
    for start in range(0, len(split), batch_size):
        x, y = split[order[start : start + batch_size]]
        losses += len(x) * loss.forward(network.forward(x), y)
        network.backward(loss.backward())
        optimizer.step(network.get_gradients())
return losses / len(split)
""",
    "return float((network.forward(split.x).argmax(axis=1) == split.y).mean())",
]
BLANK = 'raise NotImplementedError("[TO COMPLETE]")'
PROGRAMS = {
    "perceptron": (PERCEPTRON, ["--perceptron-passes=5"]),
    "logic": (LOGIC, ["--passes=50"]),
    "digits": (DIGITS, ["--epochs=2", "--hidden=6"]),
}


def filled(text, codes):
    for code in codes:
        before, blank, after = text.partition(BLANK)
        assert blank
        margin = before.rpartition("\n")[2]
        text = before + indent(code.strip(), margin).removeprefix(margin) + after
    assert BLANK not in text
    return text


def printed(text, arguments, capsys):
    module = {"__name__": "submission", "__file__": "submission.py"}
    exec(compile(text, "submission.py", "exec"), module)
    assert module["main"](arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_starter_filled_by_the_formulas_prints_what_the_solution_prints(
    name, tmp_path, capsys, monkeypatch
):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    solution = (FOLDER / f"{name}.py").read_text()
    codes, arguments = PROGRAMS[name]
    submission = filled(starter(solution), codes)
    assert misplaced(starter(solution), submission) == []
    expected = printed(solution, arguments, capsys)
    assert len(expected.splitlines()) > 5
    assert printed(submission, arguments, capsys) == expected
