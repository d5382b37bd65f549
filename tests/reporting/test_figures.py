import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential
from mytorch.utils.gradient_check import check_gradients

matplotlib = pytest.importorskip("matplotlib")
from mytorch.reporting import figures  # noqa: E402


def check():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 3, rng=rng), ReLU(), Linear(3, 2, rng=rng))
    return check_gradients(model, rng.standard_normal((5, 4)), np.array([0, 1, 1, 0, 1]))


DRAWN = {
    "loss": lambda: figures.loss_by_iteration([2.0, 1.0, 0.5, 0.4], 2),
    "confusion": lambda: figures.confusion_matrix(np.array([[3, 1], [0, 0]]), ["cat", "dog"]),
    "ten classes": lambda: figures.confusion_matrix(np.eye(10, dtype=int), list("0123456789")),
    "images": lambda: figures.image_grid(
        np.eye(4)[None, None].repeat(3, 0), ["a", "b", "c"], ["a"] * 3
    ),
    "colours": lambda: figures.image_grid(
        np.random.default_rng(0).integers(256, size=(6, 3, 5, 4), dtype=np.uint8),
        ["a"] * 6,
        ["a"] * 6,
    ),
    "gradient check": lambda: figures.gradient_check(check()),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_valid_svg_and_the_same_every_time(name):
    first, second = figures.svg(DRAWN[name]()), figures.svg(DRAWN[name]())
    assert first == second
    assert ET.fromstring(first).tag.endswith("svg")


@pytest.mark.parametrize("name", DRAWN)
def test_no_part_of_a_figure_lies_outside_it(name):
    figure = DRAWN[name]()
    figure.draw_without_rendering()
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert drawn.x0 >= 0
    assert drawn.y0 >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height


def test_figures_leave_matplotlibs_settings_alone():
    before = dict(matplotlib.rcParams)
    for draw in DRAWN.values():
        figures.svg(draw())
    assert dict(matplotlib.rcParams) == before


def test_a_wrong_image_is_framed_and_a_right_one_is_not():
    figure = DRAWN["images"]()
    frames = [axes.spines["left"].get_visible() for axes in figure.axes]
    assert frames == [False, True, True]


def test_confusion_shows_counts_and_a_class_without_examples():
    texts = [t.get_text() for t in DRAWN["confusion"]().axes[0].texts]
    assert texts == ["3", "1"]


def test_few_losses_are_drawn_clearly_and_on_plain_axes():
    (axes,) = figures.loss_by_iteration([2.7, 2.3, 2.2], 3).axes
    (line,) = axes.lines
    assert line.get_linewidth() > 1
    assert axes.get_yscale() == "linear"


def test_losses_over_decades_are_drawn_on_a_logarithmic_axis_unless_one_is_zero():
    losses = list(np.geomspace(2, 0.1, 200))
    axes = figures.loss_by_iteration(losses, 100).axes[0]
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.lines[:2]] == ["each batch", "mean of 10 batches"]
    assert figures.loss_by_iteration([*losses, 0.0], 100).axes[0].get_yscale() == "linear"
