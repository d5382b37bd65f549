"""Every named set is what its source says, and what a person brings is read or refused."""

import hashlib
import math

import numpy as np
import pytest

from mytorch.data import load, names, registry
from mytorch.data.dataset import Split
from mytorch.data.sets import blood_cells as synthetic_cells
from mytorch.data.sets import synthetic
from mytorch.data.splits import cut
from mytorch.data.transforms import standardized_rows
from mytorch.utils.errors import ArgumentError, DataError

datasets = pytest.importorskip("sklearn.datasets")


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("iris", datasets.load_iris),
        ("wine", datasets.load_wine),
        ("breast-cancer", datasets.load_breast_cancer),
    ],
)
def test_a_bundled_table_is_scikit_learns_cut_in_two(name, theirs):
    data, bunch = load(name), theirs()
    x = np.concatenate([data.train.x, data.test.x])
    y = np.concatenate([data.train.y, data.test.y])
    rows = lambda x, y: sorted(map(tuple, np.column_stack([x, y])))  # noqa: E731
    assert rows(x, y) == rows(bunch.data, bunch.target)
    assert len(data.test) == math.ceil(0.2 * len(y))
    share = np.bincount(data.test.y) / np.bincount(y)
    assert np.all(abs(share - 0.2) < 0.02)  # stratified
    assert len(data.classes) == len(bunch.target_names)
    assert data.value_range is None


def test_letters_have_the_sizes_and_classes_of_the_course(real_data):
    small, medium = load("ocr-letters"), load("ocr-letters-medium")
    assert (len(small.train), len(small.test)) == (500, 100)
    assert (len(medium.train), len(medium.test)) == (5000, 1000)
    assert small.train.x.shape[1:] == (1, 16, 8)
    assert "".join(small.classes) == "aegilnortu"
    rows = np.loadtxt(real_data / "ocr-letters" / "small_train.csv", delimiter=",")
    np.testing.assert_array_equal(small.train.y, rows[:, 0])
    np.testing.assert_array_equal(small.train.x.reshape(500, 128), rows[:, 1:])


def test_a_label_that_is_no_letter_is_refused(tmp_path):
    path = tmp_path / "small_train.csv"
    path.write_text("10," + ",".join(["0"] * 128) + "\n")
    with pytest.raises(DataError, match=r"small_train\.csv: labels must be 0 to 9, got \('10',\)"):
        registry.get("ocr-letters").load("ocr-letters", [path, path])


def test_moons_are_scikit_learns_without_the_noise():
    points = lambda x, y: sorted(map(tuple, np.column_stack([y, np.round(x, 12)])))  # noqa: E731
    assert points(*synthetic.moons(200, noise=0)) == points(*datasets.make_moons(200))


def test_circles_have_their_radii_and_spirals_their_ends():
    x, y = synthetic.circles(100, noise=0)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1, 0.5), rtol=1e-15)
    x, y = synthetic.spirals(100, noise=0, turns=1)
    np.testing.assert_allclose(np.hypot(*x.T).max(), 1, rtol=1e-15)
    far = x[np.hypot(*x.T) > 0.999]
    np.testing.assert_allclose(sorted(far.tolist()), [[-1, 0], [1, 0]], atol=1e-15)


def test_sine_is_the_sine_with_its_noise():
    x, y = synthetic.sine(2000)
    assert abs(x).max() <= 2 * np.pi
    assert np.std(y - np.sin(x)) == pytest.approx(0.1, rel=0.05)
    assert load("sine").classes == ()
    assert "a number to predict" in repr(load("sine"))


@pytest.mark.parametrize(
    "name", ["moons", "circles", "spirals", "sine", "bloodmnist-stand-in", "iris"]
)
def test_what_is_drawn_or_cut_is_the_same_every_time(name):
    digest = lambda d: hashlib.sha256(d.test.x.tobytes() + d.test.y.tobytes()).hexdigest()  # noqa: E731
    assert digest(load(name)) == digest(load(name))


# Published: how many images BloodMNIST has of each class, in all.
BLOODMNIST = [1218, 3117, 1551, 2895, 1214, 1420, 3329, 2348]


def test_the_drawn_cells_have_bloodmnists_form_and_numbers_and_say_what_they_stand_in_for():
    data = load("bloodmnist-stand-in")
    splits = (data.train, data.validation, data.test)
    assert [len(split) for split in splits] == [11_959, 1_712, 3_421]
    assert sum(np.bincount(split.y) for split in splits).tolist() == BLOODMNIST
    assert {split.x.shape[1:] for split in splits} == {(3, 28, 28)}
    assert {split.x.dtype for split in splits} == {np.dtype(np.uint8)}
    real = registry.get("bloodmnist")
    assert (data.classes, data.value_range) == (real.classes, real.value_range)
    assert (data.stand_in, real.stand_in) == ("bloodmnist", None)
    again = synthetic_cells.blood_cells((3, 0, 5), 7)
    assert np.bincount(again.y).tolist() == [3, 0, 5]
    np.testing.assert_array_equal(again.x, synthetic_cells.blood_cells((3, 0, 5), 7).x)
    assert (np.diff(data.train.y) < 0).any()  # shuffled


def test_drawn_cells_of_a_class_are_alike_and_no_two_are_the_same():
    x, y = synthetic_cells.blood_cells((60,) * 8, 1)
    rows = x.reshape(len(x), -1).astype(float)
    assert len({row.tobytes() for row in rows}) == len(rows)
    means = np.stack([rows[y == c].mean(axis=0) for c in range(8)])
    nearest = ((rows[:, np.newaxis] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.4 < np.mean(nearest == y) < 0.9  # classes differ and overlap
    dark = (rows < 128).mean(axis=1)
    assert 5 * dark[y == 7].mean() < dark[y == 3].mean()  # platelets are small


def test_a_cut_keeps_every_example_once_and_the_proportions():
    y = np.repeat([0, 1, 2], [50, 30, 20])
    kept, out = cut(Split(np.arange(100.0)[:, np.newaxis], y), 0.1, np.random.default_rng(0))
    assert sorted(np.concatenate([kept.x, out.x]).ravel()) == list(range(100))
    assert np.bincount(out.y).tolist() == [5, 3, 2]
    other = cut(Split(np.arange(100.0)[:, np.newaxis], y), 10, np.random.default_rng(1))[1]
    assert not np.array_equal(out.x, other.x)


def test_a_class_of_one_and_numbers_to_predict_are_cut_too():
    assert len(cut(Split(np.zeros((10, 1)), np.arange(10)), 0.2)[1]) == 2
    assert len(cut(Split(np.zeros((10, 1)), np.array([0] * 9 + [1])), 0.2)[1]) == 2
    assert len(cut(Split(np.zeros((10, 1)), np.linspace(0, 1, 10)), 0.2)[1]) == 2


@pytest.mark.parametrize("held_out", [0, 10, 11, 0.99, -1])
def test_a_cut_that_leaves_nothing_is_refused(held_out):
    with pytest.raises(ArgumentError, match=r"cannot hold out .* of 10 examples: one part"):
        cut(Split(np.zeros((10, 1)), np.zeros(10, int)), held_out)


def test_columns_of_a_table_are_standardized_each_for_itself():
    data = load("wine")
    train, _, test, _ = standardized_rows(data, np.float64)
    mean, std = data.train.x.mean(axis=0), data.train.x.std(axis=0)
    np.testing.assert_allclose(test.x, (data.test.x - mean) / std, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(train.x.std(axis=0), 1, rtol=1e-12)


def test_a_column_that_never_changes_becomes_zero(tmp_path):
    (tmp_path / "a.csv").write_text("".join(f"{i % 2},{i},7\n" for i in range(20)))
    train, _, test, _ = standardized_rows(load(f"csv:{tmp_path / 'a.csv'}"))
    assert not train.x[:, 1].any()
    assert not test.x[:, 1].any()


# what a person brings


def test_a_table_is_read_and_cut(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_text("a,kind,b\n" + "".join(f"{i},{'uv'[i % 2]},{-i}\n" for i in range(20)))
    data = load(f"csv:{path}")
    assert data.classes == ("u", "v")
    assert (len(data.train), len(data.test)) == (16, 4)
    assert data.name == f"csv:{path}"
    by_name, by_position = load(f"csv:{path}#kind"), load(f"csv:{path}#1")
    np.testing.assert_array_equal(by_name.test.x, data.test.x)
    np.testing.assert_array_equal(by_position.test.y, data.test.y)
    with pytest.raises(DataError, match="no column is named 'kin'"):
        load(f"csv:{path}#kin")


def images(folder, classes, shape=(4, 3), count=5):
    pillow = pytest.importorskip("PIL.Image")
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pillow.fromarray(np.full(shape, 10 * number + i, np.uint8)).save(
                folder / name / f"{i}.png"
            )


def test_a_folder_of_classes_is_read_and_cut(tmp_path):
    images(tmp_path / "pets", ["ant", "bee"])
    data = load(f"folder:{tmp_path / 'pets'}")
    assert data.classes == ("ant", "bee")
    assert (len(data.train), len(data.test)) == (8, 2)
    assert data.train.x.shape[1:] == (1, 4, 3)
    np.testing.assert_array_equal(data.train.x[:, 0, 0, 0] >= 10, data.train.y == 1)
    assert load(f"folder:{tmp_path / 'pets'}#8x6").train.x.shape[1:] == (1, 8, 6)
    with pytest.raises(DataError, match="expected height x width, as in #32x32"):
        load(f"folder:{tmp_path / 'pets'}#8")


def test_a_folder_with_splits_keeps_them(tmp_path):
    for part, count in (("train", 4), ("val", 2), ("test", 3)):
        images(tmp_path / part, ["ant", "bee"], count=count)
    data = load(f"folder:{tmp_path}")
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 4, 6)
    images(tmp_path / "test", ["cat"])
    with pytest.raises(DataError, match=r"test: its classes are .*'cat'.*, and those of train"):
        load(f"folder:{tmp_path}")


def test_splits_of_two_sizes_are_refused(tmp_path):
    images(tmp_path / "train", ["ant"])
    images(tmp_path / "test", ["ant"], shape=(5, 5))
    with pytest.raises(DataError, match=r"test: its images are \(1, 5, 5\), and those of train"):
        load(f"folder:{tmp_path}")


def test_arrays_are_read_with_their_splits_or_cut(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.random((20, 3)), rng.integers(4, size=(20, 1))
    np.savez(tmp_path / "whole.npz", x=x, y=y)
    whole = load(f"npz:{tmp_path / 'whole.npz'}")
    assert (len(whole.train), len(whole.test)) == (16, 4)
    assert whole.train.y.shape == (16,)
    parts = {"x_train": x[:9], "y_train": y[:9], "x_test": x[9:], "y_test": y[9:]}
    np.savez(tmp_path / "parts.npz", **parts, x_val=x[:2], y_val=y[:2])
    data = load(f"npz:{tmp_path / 'parts.npz'}")
    assert (len(data.train), len(data.validation), len(data.test)) == (9, 2, 11)
    assert data.classes == ("0", "1", "2", "3")
    np.testing.assert_array_equal(data.test.x, x[9:])


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"a": np.zeros(3)}, r"expected x and y, or x_train, y_train, x_test, y_test; got a"),
        ({"x": np.zeros(9), "y": np.zeros(9, int)}, r"expected x \(N, \.\.\.\) and y \(N,\), got"),
        ({"x": np.zeros((9, 2)), "y": np.zeros(8, int)}, r"got \(9, 2\) and \(8,\)"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, r"got \(0, 2\) and \(0,\)"),
        ({"x": np.zeros((9, 2)), "y": np.full(9, -1)}, "expected one label of 0 or more"),
        ({"x": np.zeros((9, 2)), "y": np.zeros((9, 2), int)}, "expected one label of 0 or more"),
        (
            {"x": np.full((9, 2), np.nan), "y": np.zeros(9, int)},
            r"x\[0, 0\] is nan, expected",
        ),
        ({"x": np.zeros((9, 2)), "y": np.full(9, np.inf)}, r"y\[0\] is inf, expected a finite"),
        ({"x": np.zeros((9, 2)), "y": np.array(["a"] * 9)}, "expected numbers, got x float64"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, int)}, "4 examples are too few"),
    ],
)
def test_arrays_that_are_no_examples_are_refused(tmp_path, arrays, why):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=why) as caught:
        load(f"npz:{tmp_path / 'a.npz'}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["csv:", "npz:", "folder:", "csv:#2"])
def test_a_kind_without_a_path_is_refused(name):
    with pytest.raises(DataError, match="expected a path after"):
        load(name)


def test_an_unknown_kind_is_told_with_the_kinds_there_are():
    with pytest.raises(DataError, match="and your own: csv:PATH, folder:PATH, npz:PATH"):
        load("xls:table.xls")


def test_every_set_that_needs_no_file_can_be_loaded():
    without_files = {
        "digits",
        "iris",
        "wine",
        "breast-cancer",
        "moons",
        "circles",
        "spirals",
        "sine",
        "bloodmnist-stand-in",
    }
    assert without_files <= set(names())
    for name in without_files:
        data = load(name)
        assert data.name == name
        assert data.source
        assert data.licence
