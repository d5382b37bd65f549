import numpy as np
import pytest

from mytorch.data import transforms
from mytorch.data.transforms import (
    ColorJitter,
    Compose,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    center_crop,
    channel_statistics,
    normalize,
    pad,
    resize,
    rotate,
)
from mytorch.utils.errors import ArgumentError, ShapeError


def images(n=5, channels=3, height=9, width=12, dtype=np.float32):
    return np.random.default_rng(0).random((n, channels, height, width)).astype(dtype)


@pytest.mark.parametrize("size", [(9, 12), (18, 24), (4, 5), (13, 7), (1, 1)])
def test_resize_is_pytorchs_with_antialias(size):
    pytest.importorskip("PIL.Image")
    torch = pytest.importorskip("torch")
    x = images()
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(x), size, mode="bilinear", antialias=True, align_corners=False
    )
    np.testing.assert_allclose(resize(x, size), theirs.numpy(), rtol=0, atol=2e-6)


def test_resize_keeps_bytes_bytes():
    pytest.importorskip("PIL.Image")
    x = (images() * 255).astype(np.uint8)
    resized = resize(x, 4)
    assert (resized.dtype, resized.shape) == (np.uint8, (5, 3, 4, 4))
    exact = resize(x.astype(np.float32), 4)
    assert np.abs(resized - exact).max() <= 1  # rounded once for each axis


def test_rotating_by_quarters_is_exact():
    pytest.importorskip("scipy.ndimage")
    x = images(height=9, width=9, dtype=np.float64)
    for quarters in range(-2, 4):
        turned = rotate(x, np.full(5, 90.0 * quarters))
        np.testing.assert_allclose(turned, np.rot90(x, quarters, (2, 3)), rtol=0, atol=1e-12)


def test_rotation_is_pytorchs_grid_sample():
    pytest.importorskip("scipy.ndimage")
    torch = pytest.importorskip("torch")
    x, degrees = images(height=10, width=14, dtype=np.float64), np.array([10.0, -25, 60, 180, 0.5])
    angle = np.deg2rad(degrees)
    ratio = 14 / 10  # the grid's coordinates go from -1 to 1 on both axes
    theta = np.zeros((5, 2, 3))
    theta[:, 0, 0], theta[:, 0, 1] = np.cos(angle), -np.sin(angle) / ratio
    theta[:, 1, 0], theta[:, 1, 1] = np.sin(angle) * ratio, np.cos(angle)
    grid = torch.nn.functional.affine_grid(
        torch.from_numpy(theta), list(x.shape), align_corners=False
    )
    theirs = torch.nn.functional.grid_sample(torch.from_numpy(x), grid, align_corners=False)
    inside = (np.abs(grid.numpy()) < 0.8).all(axis=3)[:, np.newaxis]
    difference = np.abs(rotate(x, degrees) - theirs.numpy()) * inside
    assert inside.mean() > 0.3
    assert difference.max() < 1e-12


def test_pad_and_centre_crop_undo_each_other():
    x = images()
    padded = pad(x, (2, 3), value=7)
    assert padded.shape == (5, 3, 13, 18)
    assert padded[:, :, :2].min() == padded[:, :, :2].max() == 7
    np.testing.assert_array_equal(center_crop(padded, (9, 12)), x)


@pytest.mark.parametrize(("n", "size", "first"), [(9, 4, 2), (8, 3, 2), (9, 9, 0), (10, 3, 4)])
def test_the_centre_between_two_pixels_is_rounded_to_even(n, size, first):
    x = np.broadcast_to(np.arange(n), (1, 1, n, n)).astype(float)
    assert center_crop(x, size)[0, 0, 0, 0] == first


def test_random_crops_are_parts_of_the_padded_image_and_all_of_them_occur():
    x = images(n=1, height=4, width=4)
    seen = set()
    crop, rng = RandomCrop(4, padding=1), np.random.default_rng(0)
    padded = pad(x, 1)
    places = {
        padded[0, :, i : i + 4, j : j + 4].tobytes(): (i, j) for i in range(3) for j in range(3)
    }
    for _ in range(200):
        seen.add(places[np.ascontiguousarray(crop(x, rng)[0]).tobytes()])
    assert len(seen) == 9


def test_a_flip_exchanges_left_and_right_of_the_share_asked_for():
    x = images(n=1000, height=2, width=3)
    flipped = RandomHorizontalFlip(0.3)(x, np.random.default_rng(0))
    changed = (flipped != x).any(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(0.3, abs=0.04)
    np.testing.assert_array_equal(flipped[changed], x[changed, :, :, ::-1])
    np.testing.assert_array_equal(flipped[~changed], x[~changed])


def test_random_rotations_stay_within_their_degrees():
    pytest.importorskip("scipy.ndimage")
    drawn = []
    rng = np.random.default_rng(0)
    x = images(n=500, channels=1, height=2, width=2)
    original = transforms.geometry.rotate
    transforms.geometry.rotate = lambda x, degrees: (drawn.extend(degrees), x)[1]
    try:
        RandomRotation(15)(x, rng)
    finally:
        transforms.geometry.rotate = original
    assert -15 <= min(drawn) < -14
    assert 14 < max(drawn) <= 15


def test_normalize_gives_every_channel_mean_0_and_deviation_1():
    x = images(dtype=np.float64)
    standardized = normalize(x, *channel_statistics(x))
    np.testing.assert_allclose(standardized.mean((0, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(standardized.std((0, 2, 3)), 1, rtol=1e-14)
    np.testing.assert_allclose(normalize(x, 0.5, 0.25), (x - 0.5) / 0.25, rtol=1e-15)
    assert normalize(x.astype(np.float32), 0.5, 0.25).dtype == np.float32


def one(rng):
    """A generator that draws the largest number of each range."""

    class Largest:
        def uniform(self, low, high, size):
            return np.full(size, high)

    return Largest()


GREY = np.array([0.299, 0.587, 0.114])


def test_colour_jitter_is_its_formula():
    x, rng = images(dtype=np.float64), one(None)
    grey = np.einsum("c,nchw->nhw", GREY, x)[:, np.newaxis]
    np.testing.assert_allclose(
        ColorJitter(brightness=0.5)(x, rng), np.clip(1.5 * x, 0, 1), rtol=1e-14
    )
    mean = grey.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(
        ColorJitter(contrast=0.5)(x, rng), np.clip(1.5 * x - 0.5 * mean, 0, 1), rtol=1e-12
    )
    np.testing.assert_allclose(
        ColorJitter(saturation=0.5)(x, rng), np.clip(1.5 * x - 0.5 * grey, 0, 1), rtol=1e-12
    )


def test_a_third_of_the_colour_circle_turns_red_to_green():
    pytest.importorskip("matplotlib.colors")
    red = np.zeros((1, 3, 2, 2))
    red[:, 0] = 0.8
    turned = ColorJitter(hue=1 / 3)(red, one(None))
    np.testing.assert_allclose(turned[:, 1], 0.8, rtol=1e-12)
    np.testing.assert_allclose(turned[:, [0, 2]], 0, atol=1e-12)


def test_nothing_is_changed_in_place_and_the_dtype_stays():
    pytest.importorskip("scipy.ndimage")
    pytest.importorskip("matplotlib.colors")
    rng = np.random.default_rng(0)
    several = [
        RandomCrop(9, padding=2),
        RandomHorizontalFlip(),
        RandomRotation(20),
        ColorJitter(0.3, 0.3, 0.3, 0.1),
    ]
    for transform in [*(lambda x, t=t: t(x, rng) for t in several), Compose(*several, rng=rng)]:
        x = images()
        before = x.copy()
        y = transform(x)
        np.testing.assert_array_equal(x, before)
        assert y.dtype == x.dtype
        y[...] = 0
        np.testing.assert_array_equal(x, before)


def test_compose_draws_from_its_own_generator():
    x = images()
    first, second, other = (
        Compose(RandomHorizontalFlip(), RandomCrop(5), rng=np.random.default_rng(seed))(x)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: center_crop(x, 10), ShapeError, "cannot cut 10 x 10 out of 9 x 12"),
        (lambda x: center_crop(x, 0), ArgumentError, "of at least 1, got 0"),
        (lambda x: pad(x, -1), ArgumentError, "of at least 0, got -1"),
        (lambda x: pad(x[0], 1), ShapeError, "expected images"),
        (lambda x: resize(x, (3, 4, 5)), ArgumentError, "height and width"),
        (lambda x: normalize(x, 0, 0), ArgumentError, "std must be above 0"),
        (lambda x: normalize(x, [0, 0], 1), ArgumentError, "1 or 3 numbers as mean, got 2"),
        (lambda x: RandomHorizontalFlip(2), ArgumentError, r"p must be in \[0, 1\], got 2"),
        (lambda x: RandomRotation(-1), ArgumentError, r"in \[0, 180\], got -1"),
        (lambda x: ColorJitter(hue=0.6), ArgumentError, "hue at most"),
        (lambda x: ColorJitter(0.1)(x[:, :1], None), ShapeError, "expected images"),
        (lambda x: RandomCrop(20)(x, None), ShapeError, "cannot cut 20 x 20"),
    ],
)
def test_mistakes_are_told(call, error, message):
    pytest.importorskip("PIL.Image")
    with pytest.raises(error, match=message):
        call(images())
