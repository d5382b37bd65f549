import math

import numpy as np
import pytest

from mytorch.theory import activation_figure, activations
from mytorch.utils.errors import ArgumentError, ShapeError

from .answers import numbers, problem, solved

S = [1 / (1 + math.exp(-x)) for x in (-2, -1, 0, 1, 2)]


def test_the_values_are_those_written_out():
    got = numbers(solved("activations"))
    assert got["sigmoid.f"] == pytest.approx(S, rel=1e-15, abs=0)
    assert got["sigmoid.slope"] == pytest.approx([s * (1 - s) for s in S], rel=1e-14, abs=0)
    assert got["relu.f"].tolist() == [0, 0, 0, 1, 2]
    assert got["relu.slope"].tolist() == [0, 0, 0, 1, 1]
    assert got["leaky_relu.f"].tolist() == [-0.02, -0.01, 0, 1, 2]
    assert got["elu.slope"] == pytest.approx([math.exp(-2), math.exp(-1), 1, 1, 1], rel=1e-15)
    assert got["tanh.slope"][2] == 1
    assert got["swish.slope"][2] == 0.5
    assert got["softmax.f"] == pytest.approx(np.exp([-4, -3, -2, -1, 0]) / np.exp(
        [-4, -3, -2, -1, 0]).sum(), rel=1e-15)  # fmt: skip


def test_what_has_no_derivative_at_0():
    got = numbers(solved("activations"))
    missing = {name: got[f"{name.replace('-', '_')}.undefined_at_0"] for name in activations.CURVES}
    assert [name for name, is_missing in missing.items() if is_missing] == ["relu", "leaky-relu"]
    assert (got["relu.slope_from_left"], got["relu.slope_from_right"]) == (0, 1)


@pytest.mark.parametrize(
    ("slopes", "offsets", "reach"),
    [
        ((-1.0, 0.5), (-1.0, 0.5), "[0, infinity)"),
        ((-1.0, 1.0), (0.0, 0.0), "[0, infinity)"),
        ((1.0, 2.0), (0.0, 5.0), "all real numbers"),
        ((0.0, 1.0), (3.0, 0.0), "[3, infinity)"),
        ((-2.0, 0.0, 1.0), (0.0, -1.0, 1.0), "[0.666667, infinity)"),
    ],
)
def test_maxout_is_the_largest_line_and_its_range_that_of_a_fine_grid(slopes, offsets, reach):
    x = np.linspace(-50, 50, 41)
    got = numbers(solved("activations", activation="maxout", x=tuple(x), slopes=slopes,
                         offsets=offsets))  # fmt: skip
    lines = [[s * p + o for s, o in zip(slopes, offsets, strict=True)] for p in x]
    assert got["maxout.f"].tolist() == pytest.approx([max(row) for row in lines], rel=1e-15)
    assert got["maxout.slope"].tolist() == [slopes[row.index(max(row))] for row in lines]
    assert got["maxout.range"] == reach
    fine = np.linspace(-50, 50, 300_001)
    lowest = np.max([s * fine + o for s, o in zip(slopes, offsets, strict=True)], axis=0).min()
    if reach != "all real numbers":
        assert float(reach[1:].split(",")[0]) == pytest.approx(lowest, abs=1e-3)


def test_maxout_has_no_derivative_where_lines_tie():
    got = numbers(
        solved("activations", activation="maxout", x=(-1.0, 0.0, 1.0), slopes=(-1.0, 1.0),
               offsets=(0.0, 0.0))
    )  # fmt: skip
    assert got["maxout.undefined"].tolist() == [0, 1, 0]


def test_options_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="--alpha is for leaky-relu and elu, and tanh has none"):
        solved("activations", activation="tanh", alpha=1.0)
    with pytest.raises(ShapeError, match="--slopes has 1, --offsets has 2"):
        solved("activations", slopes=(1.0,))
    with pytest.raises(ArgumentError, match="65 points"):
        solved("activations", x=(1.0,) * 65)


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("activations", seed)
        got = numbers(solved("activations", seed))
        name = posed.activation
        for x, f, slope in zip(
            posed.x,
            got[f"{name.replace('-', '_')}.f"],
            got[f"{name.replace('-', '_')}.slope"],
            strict=True,
        ):
            s, e = 1 / (1 + math.exp(-x)), math.exp(x)
            up = x > 0
            want = {
                "sigmoid": (s, s * (1 - s)),
                "tanh": (math.tanh(x), 1 / math.cosh(x) ** 2),
                "relu": (x if up else 0, float(up)),
                "leaky-relu": (x if up else 0.01 * x, 1 if up else 0.01),
                "elu": (x if up else e - 1, 1 if up else e),
                "swish": (x * s, s + x * s * (1 - s)),
            }[name]
            assert (f, slope) == pytest.approx(want, rel=1e-12, abs=1e-16)
        seen.add((name, posed.x))
    assert len(seen) > 700


def axes_of(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def test_the_figure_names_everything_and_leaves_gaps_at_kinks():
    pytest.importorskip("matplotlib")
    figure = activation_figure.draw(activations.Problem())
    panels = axes_of(figure)
    assert [panel.get_title() for panel in panels] == [
        *("sigmoid", "tanh", "ReLU", "leaky ReLU", "ELU", "Swish"),
        *("softmax of (x, 0), first entry", "MaxOut"),
    ]
    assert figure.get_suptitle() == "Activation functions and their derivatives"
    assert {panel.get_xlabel() for panel in panels} == {"x"}
    assert figure.get_supylabel() == "f(x), f'(x)"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["f(x)", "f'(x)", "f' does not exist"]
    gaps = {panel.get_title(): bool(np.isnan(panel.lines[3].get_ydata()).any()) for panel in panels}
    assert [name for name, gap in gaps.items() if gap] == ["ReLU", "leaky ReLU", "MaxOut"]
    for panel in panels:  # what is drawn of the derivative, with the circles at its jumps, is seen
        low, high = panel.get_ylim()
        for line in panel.lines[3:]:
            drawn = np.asarray(line.get_ydata())
            assert np.all(np.isnan(drawn) | ((low < drawn) & (drawn < high)))
    steep = activations.Problem(activation="maxout", slopes=(-5.0, 4.0), offsets=(0.0, 0.0))
    (panel,) = axes_of(activation_figure.draw(steep))
    assert panel.get_ylim()[0] < -5
    assert panel.get_ylim()[1] >= 4
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    below = min(panel.get_tightbbox().y0 for panel in panels)
    assert legend.y1 <= below  # the legend hides no label
    styles = {line.get_linestyle() for line in panels[0].lines[2:4]}
    assert len(styles) == 2  # told apart without colour


def test_the_figure_of_one_function_draws_its_slope():
    pytest.importorskip("matplotlib")
    (panel,) = axes_of(activation_figure.draw(activations.Problem(activation="tanh")))
    curve, slope = panel.lines[2], panel.lines[3]
    x = curve.get_xdata()
    np.testing.assert_allclose(curve.get_ydata(), np.tanh(x), rtol=1e-14)
    np.testing.assert_allclose(slope.get_ydata(), 1 / np.cosh(x) ** 2, rtol=1e-10)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_figure_has_the_same_bytes_every_time(kind, tmp_path):
    pytest.importorskip("matplotlib")
    posed = activations.Problem(activation="relu")
    first, second = (activation_figure.image(posed, tmp_path / f"a.{kind}") for _ in range(2))
    assert first == second
    heads = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert first.startswith(heads[kind])
    assert b"CreationDate" not in first  # two figures in one second would have the same
    assert b"<dc:date>" not in first
