"""The images are those that the course draws."""

import numpy as np
import pytest

from mytorch.courses.purdue373.images import Images, course_split, tell_accuracy
from mytorch.data import Split, load
from mytorch.utils.errors import ArgumentError

selection = pytest.importorskip("sklearn.model_selection")


def test_the_split_equals_the_courses_on_fashion_mnist(real_data):
    if not (real_data / "fashion-mnist").is_dir():
        pytest.skip("MYTORCH_DATA has no fashion-mnist")
    published, images = load("fashion-mnist"), course_split()
    x, x_val, y, y_val = selection.train_test_split(
        *published.train, train_size=2000, test_size=200, random_state=42
    )
    x_test, _, y_test, _ = selection.train_test_split(
        *published.test, train_size=200, test_size=1, random_state=42
    )
    for split, wanted, labels in (
        (images.train, x, y),
        (images.validation, x_val, y_val),
        (images.test, x_test, y_test),
        (images.whole_test, *published.test),
    ):
        np.testing.assert_allclose(split.x, wanted / 255, rtol=1e-7)
        assert split.x.dtype == np.float32
        np.testing.assert_array_equal(split.y, labels)
    assert images.classes == 10


def test_a_small_set_is_cut_10_to_1_without_overlap():
    images, digits = course_split("digits"), load("digits")
    assert (len(images.train), len(images.validation)) == (1437 - 130, 130)
    assert (len(images.test), len(images.whole_test)) == (200, 360)
    rows = np.concatenate([images.train.x, images.validation.x]).reshape(1437, -1)
    wanted = digits.train.x.reshape(1437, -1) / 16
    np.testing.assert_array_equal(
        rows[np.lexsort(rows.T)], wanted[np.lexsort(wanted.T)].astype(np.float32)
    )


def test_the_split_is_always_the_same():
    first, second = course_split("digits"), course_split("digits")
    np.testing.assert_array_equal(first.validation.x, second.validation.x)


@pytest.mark.parametrize("name", ["iris", "moons", "sine"])
def test_what_is_not_images_is_refused(name):
    with pytest.raises(ArgumentError, match="is about images with classes"):
        course_split(name)


def test_too_few_images_are_refused(tmp_path):
    np.savez(tmp_path / "few.npz", x=np.zeros((10, 1, 16, 16), np.uint8), y=np.arange(10) % 2)
    with pytest.raises(ArgumentError, match="8 images are too few, 11 or more are needed"):
        course_split(f"npz:{tmp_path / 'few.npz'}")


def test_accuracies_are_told_of_the_test_images(capsys):
    sizes = (50, 20, 30, 1234)
    splits = [Split(np.zeros((n, 1)), np.zeros(n)) for n in sizes]
    tell_accuracy(Images(*splits, classes=2), lambda x, y: len(x) / 10_000)
    assert capsys.readouterr().out.splitlines() == [
        "accuracy on 30 test images: 0.0030",
        "accuracy on all 1,234 test images: 0.1234",
    ]
