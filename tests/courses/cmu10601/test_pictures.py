"""What the two small programs of cmu10601 write."""

import numpy as np
import pytest

from mytorch.courses.cmu10601 import incorrect_finder, visualizer


def test_wrong_labels_are_listed_by_row_from_zero(letters, tmp_path):
    (_, y), _ = letters
    predicted = y.copy()
    predicted[[0, 7, 39]] = (y[[0, 7, 39]] + 1) % 10
    (tmp_path / "x.labels").write_text("".join(f"{label}\n" for label in predicted) + "\n")
    out = tmp_path / "out.csv"
    assert (
        incorrect_finder.main([str(tmp_path / n) for n in ("train.csv", "x.labels", "out.csv")])
        == 0
    )
    assert out.read_text() == "Index,Input Label,Output Label\n" + "".join(
        f"{row},{y[row]},{(y[row] + 1) % 10}\n" for row in (0, 7, 39)
    )


def test_the_picture_shows_three_letters_with_their_names(tmp_path):
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (5, 128))
    rows = [
        ",".join(map(str, [label, *row])) for label, row in zip((1, 0, 9, 4, 3), x, strict=True)
    ]
    (tmp_path / "images.csv").write_text("\n".join(rows))
    out = tmp_path / "letters.jpg"
    assert visualizer.main([str(tmp_path / "images.csv"), "4", "0", "2", str(out)]) == 0
    with image.open(out) as picture:
        assert picture.format == "JPEG"
        width, height = picture.size
        assert height > 2.5 * width
    figure = visualizer.draw(x[[4, 0, 2]].reshape(-1, 16, 8), np.array([3, 1, 9]))
    assert [ax.get_title() for ax in figure.axes] == ["Label: i", "Label: e", "Label: u"]
    for ax, row in zip(figure.axes, (4, 0, 2), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), x[row].reshape(16, 8))
