"""Histograms over time: every look a column, on values that all looks share."""

import numpy as np
import pytest

from mytorch.reporting import figures
from mytorch.reporting.monitor import summarize

pytest.importorskip("matplotlib")
histograms = pytest.importorskip("mytorch.reporting.histograms")


def looks(*arrays, of="0.weight"):
    return [
        {"of": of, "step": 10 * number, **summarize(np.asarray(values, float))._asdict()}
        for number, values in enumerate(arrays)
    ]


def columns(entries):
    """The shades drawn for the first array: (values, looks), and the edges of the values."""
    axes = histograms.histograms(entries).axes[0]
    (mesh,) = axes.collections
    edges = mesh.get_coordinates()
    return mesh.get_array(), edges[:, 0, 1], edges[0, :, 0]


def test_a_distribution_that_moves_is_darkest_where_it_is():
    rng = np.random.default_rng(0)
    shades, values, steps = columns(looks(*(rng.normal(m, 0.1, 5000) for m in (0, 1, 2))))
    assert shades.shape == (histograms.ROWS, 3)
    middle = (values[1:] + values[:-1]) / 2
    for column, mean in enumerate((0, 1, 2)):
        assert middle[shades[:, column].argmax()] == pytest.approx(mean, abs=0.12)
        assert shades[:, column].max() == 1
        assert shades[np.abs(middle - mean) > 0.6, column].max() == 0
    assert steps.tolist() == [-5, 5, 15, 25]


def test_the_mass_of_a_histogram_is_kept_on_other_bins():
    entry = looks(np.random.default_rng(0).standard_normal(1000))[0]
    edges = np.linspace(entry["min"] - 1, entry["max"] + 2, 200)
    share = histograms._share(entry, edges)
    narrow = edges[1] - edges[0]
    wide = (entry["max"] - entry["min"]) / len(entry["counts"])
    assert share.sum() * max(entry["counts"]) * narrow / wide == pytest.approx(1000, rel=1e-9)


def test_a_constant_a_single_look_and_nothing_finite_are_drawn_too():
    shades, values, _ = columns(looks([2.0, 2.0], [0.0, 1.0]))
    assert np.flatnonzero(shades[:, 0]).tolist() == [histograms.ROWS - 1]
    assert values[-1] == 2.0
    shades, values, steps = columns(looks([0.0, 0.0]))
    assert (values[0], values[-1]) == (-0.5, 0.5)
    assert np.count_nonzero(shades) == 1
    assert steps.tolist() == [-0.5, 0.5]
    with np.errstate(invalid="ignore"):
        figure = histograms.histograms(looks([np.nan, np.inf]))
    assert figure.axes[0].get_title() == "0.weight"
    assert not figure.axes[0].collections


def test_what_is_saved_in_two_formats_has_one_layout():
    figure = histograms.histograms(looks([0, 1], [0, 2]))
    figures.finish(figure, "title", None)
    before = [axes.get_position().bounds for axes in figure.axes]
    figures.png(figure)
    figures.svg(figure)
    assert [axes.get_position().bounds for axes in figure.axes] == before


def test_every_array_has_a_panel_of_its_own():
    entries = looks([0, 1], [0, 2]) + looks([5, 6], [5, 7], of="1 ReLU")
    figure = histograms.histograms(entries)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["0.weight", "1 ReLU"]
    assert figure.axes[1].get_ylim() == (5, 7)
    assert not any(axes.get_visible() for axes in figure.axes[2:4])
