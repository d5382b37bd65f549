import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential
from mytorch.utils.gradient_check import check_gradients

matplotlib = pytest.importorskip("matplotlib")
from mytorch.reporting import figures, plots  # noqa: E402
from mytorch.reporting.boundaries import Plane, decision_boundaries  # noqa: E402


def check():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 3, rng=rng), ReLU(), Linear(3, 2, rng=rng))
    return check_gradients(model, rng.standard_normal((5, 4)), np.array([0, 1, 1, 0, 1]))


def panel(title, curves=3, points=10, **options):
    x = list(range(1, points + 1))
    lines = [plots.Curve(f"curve {c}", x, [(c + 1) / i for i in x]) for c in range(curves)]
    return plots.Panel(title, "epoch", "cross-entropy (nats)", lines, **options)


def planes(count):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 2)), np.arange(20) % 2
    return [Plane(f"{n} units", lambda p: (p[:, 0] > 0).astype(int), X, y) for n in range(count)]


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
    "titled images": lambda: figures.pictures(
        np.eye(4)[None, None].repeat(7, 0), [f"class {i}\nsure 0.{i}\nsecond" for i in range(7)]
    ),
    "a curve": lambda: plots.curves([panel("loss", 1)]),
    "panels of the same curves": lambda: plots.curves([panel("tanh"), panel("ReLU", log="xy")]),
    "panels of other curves": lambda: plots.curves(
        [panel("a", 8, 100), panel("b", 2), panel("c", 1)], share_y=True
    ),
    "bars": lambda: plots.bars(["basophil", "ig"], [852, 2026], xlabel="class", ylabel="images"),
    "planes": lambda: decision_boundaries(planes(5)),
    "one plane": lambda: decision_boundaries(planes(1)),
    "finished": lambda: figures.finish(plots.curves([panel("loss", 1)]), "Losses", "STAND-IN"),
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


def test_a_blank_picture_has_a_thin_frame_and_a_wrong_one_a_thick_one():
    images = np.zeros((3, 1, 4, 4))
    images[1, 0, 0, 0] = 1
    figure = figures.pictures(images, ["", "", ""], framed=[False, False, True])
    left = [axes.spines["left"] for axes in figure.axes]
    assert [spine.get_visible() for spine in left] == [True, False, True]
    assert left[0].get_linewidth() < 1 < left[2].get_linewidth()
    assert left[0].get_edgecolor() != left[2].get_edgecolor()


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


def test_curves_differ_in_colour_dash_and_marker():
    (axes,) = plots.curves([panel("all", len(plots.CURVES))]).axes
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines]
    assert len({colour for colour, _, _ in looks}) == len(plots.CURVES)
    assert len({marker for _, _, marker in looks}) == len(plots.CURVES)


def test_epochs_are_numbered_in_whole_numbers():
    axes = plots.curves([panel("a", points=3)]).axes[0]
    assert all(tick == int(tick) for tick in axes.get_xticks())
    halves = plots.Panel("b", "x", "y", [plots.Curve("c", [0.0, 0.5, 1.0], [1, 2, 3])])
    assert not all(tick == int(tick) for tick in plots.curves([halves]).axes[0].get_xticks())


def test_panels_of_the_same_curves_share_a_legend_and_others_have_their_own():
    same = plots.curves([panel("a"), panel("b")])
    other = plots.curves([panel("a"), panel("b", 2)])
    assert [axes.get_legend() is not None for axes in same.axes] == [True, False]
    assert [axes.get_legend() is not None for axes in other.axes] == [True, True]


def test_a_figure_keeps_its_own_title_and_gets_one_if_it_has_none():
    named = plots.curves([panel("a")])
    named.suptitle("Mine")
    assert figures.finish(named, "Losses", None).get_suptitle() == "Mine"
    plain = figures.finish(plots.curves([panel("a")]), "Losses", None)
    assert plain.get_suptitle() == "Losses"
    assert [text.get_text() for text in plain.texts] == ["Losses"]
    marked = figures.finish(plots.curves([panel("a")]), "Losses", "STAND-IN DATA")
    assert [text.get_text() for text in marked.texts] == ["Losses", "STAND-IN DATA"]


def test_a_png_is_the_same_every_time_and_has_the_size_of_the_figure():
    first, second = (figures.png(plots.curves([panel("a")])) for _ in range(2))
    assert first == second
    size = [int.from_bytes(first[at : at + 4], "big") for at in (16, 20)]
    assert size == [int(figures.DPI * inches) for inches in (7.2, 3.3)]
