import numpy as np
import pytest

from mytorch.data import Dataset, Split
from mytorch.data.batches import batch_indices
from mytorch.data.transforms import flatten, standardized_rows, unit_range
from mytorch.utils.errors import ArgumentError


def dataset(rng, validation=True):
    def split(n):
        return Split(rng.integers(0, 256, (n, 1, 4, 4), np.uint8), rng.integers(0, 3, n))

    kept = split(7) if validation else None
    return Dataset("made-up", split(20), kept, split(5), ("a", "b", "c"), (0, 255), "", "")


def test_unit_range_maps_the_ends_to_0_and_1_and_leaves_its_input():
    x = np.array([[0, 255, 51]], np.uint8)
    scaled = unit_range(x, (0, 255))
    np.testing.assert_allclose(scaled, [[0, 1, 0.2]], rtol=1e-7)
    assert scaled.dtype == np.float32
    assert x.tolist() == [[0, 255, 51]]


def test_flatten_keeps_the_examples():
    assert flatten(np.zeros((5, 1, 4, 4))).shape == (5, 16)


def test_standardized_rows_use_the_training_statistics_everywhere():
    data = dataset(np.random.default_rng(0))
    train, validation, test, standardizer = standardized_rows(data, np.float64)
    np.testing.assert_array_equal(standardizer(data.test.x), test.x)
    mean, std = data.train.x.mean(), data.train.x.std()
    assert abs(train.x.mean()) < 1e-14
    assert train.x.std() == pytest.approx(1, abs=1e-14)
    for ours, theirs in ((validation, data.validation), (test, data.test)):
        expected = (theirs.x.reshape(len(theirs), 16) - mean) / std
        np.testing.assert_allclose(ours.x, expected, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(ours.y, theirs.y)


def test_standardized_rows_keep_a_missing_validation_split_missing():
    assert standardized_rows(dataset(np.random.default_rng(0), False)).validation is None


@pytest.mark.parametrize(("n", "size"), [(10, 3), (10, 5), (3, 10), (1, 1)])
@pytest.mark.parametrize("shuffled", [False, True])
def test_an_epoch_sees_every_example_once(n, size, shuffled):
    rng = np.random.default_rng(0) if shuffled else None
    batches = list(batch_indices(n, size, rng))
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert all(len(batch) == size for batch in batches[:-1])
    assert 0 < len(batches[-1]) <= size


def test_batches_come_in_order_without_a_generator_and_anew_each_epoch_with_one():
    assert next(batch_indices(10, 4)).tolist() == [0, 1, 2, 3]
    rng = np.random.default_rng(0)
    first, second = next(batch_indices(100, 50, rng)), next(batch_indices(100, 50, rng))
    assert first.tolist() != second.tolist()


def test_a_batch_size_below_one_is_refused():
    with pytest.raises(ArgumentError, match="batch_size must be at least 1, got 0"):
        next(batch_indices(10, 0))
