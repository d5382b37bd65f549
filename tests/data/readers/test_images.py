"""Folders of images become arrays, or one line that names the file."""

import numpy as np
import pytest

from mytorch.data.readers import read_image, read_image_folder
from mytorch.utils.errors import DataError

pillow = pytest.importorskip("PIL.Image")

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20  # height 3, width 4
COLOURED = np.stack([GREY, GREY + 1, GREY + 2], axis=2)


def save(path, pixels=GREY, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pillow.fromarray(pixels).save(path, **options)
    return path


def folder_of(path, **classes):
    """A folder with images by class: folder_of(path, cat=[GREY])."""
    for name, images in classes.items():
        for position, pixels in enumerate(images):
            save(path / name / f"{position}.png", pixels)
    return path


def test_an_image_is_channels_height_width(tmp_path):
    grey = read_image(save(tmp_path / "grey.png"))
    np.testing.assert_array_equal(grey, GREY[np.newaxis])
    coloured = read_image(save(tmp_path / "c.png", COLOURED))
    np.testing.assert_array_equal(coloured, COLOURED.transpose(2, 0, 1))
    assert grey.dtype == coloured.dtype == np.uint8


def test_channels_and_size_can_be_asked_for(tmp_path):
    path = save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(path, channels=3), np.stack([GREY] * 3))
    assert read_image(save(tmp_path / "c.png", COLOURED), channels=1).shape == (1, 3, 4)
    assert read_image(path, size=(6, 2)).shape == (1, 6, 2)
    np.testing.assert_array_equal(read_image(path, size=(3, 4)), GREY[np.newaxis])


def test_the_folders_are_the_classes(tmp_path):
    folder_of(tmp_path, cat=[GREY, GREY + 1], ant=[GREY + 2])
    (tmp_path / "notes.txt").write_text("not in a class")
    (tmp_path / "cat" / ".DS_Store").write_text("hidden")
    x, y, classes = read_image_folder(tmp_path)
    assert classes == ("ant", "cat")
    assert y.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(x, np.stack([GREY + 2, GREY, GREY + 1])[:, np.newaxis])


def test_one_coloured_image_makes_all_coloured(tmp_path):
    x, _, _ = read_image_folder(folder_of(tmp_path, a=[GREY], b=[COLOURED]))
    np.testing.assert_array_equal(x[0], np.stack([GREY] * 3))
    np.testing.assert_array_equal(x[1], COLOURED.transpose(2, 0, 1))


def test_images_of_two_sizes_need_a_size(tmp_path):
    folder = folder_of(tmp_path / "pets", a=[GREY], b=[GREY.T])
    with pytest.raises(DataError, match=r"0\.png: is 4x3, and 0\.png is 3x4; .* pets#3x4"):
        read_image_folder(folder)
    assert read_image_folder(folder, size=(5, 5))[0].shape == (2, 1, 5, 5)


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such folder"):
        read_image_folder(tmp_path / "none")
    with pytest.raises(DataError, match="expected a folder per class"):
        read_image_folder(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="a: expected images of this class, found none"):
        read_image_folder(tmp_path)
    (tmp_path / "a" / "b.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"b\.csv: expected an image \(\.bmp"):
        read_image_folder(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "ppm", "tif"])
def test_an_image_cut_anywhere_is_refused_in_one_line_or_whole(tmp_path, suffix):
    whole = save(tmp_path / f"a.{suffix}", np.tile(GREY, (5, 5)))
    content, pixels = whole.read_bytes(), read_image(whole)
    cut = tmp_path / f"cut.{suffix}"
    for length in range(0, len(content), max(1, len(content) // 100)):
        cut.write_bytes(content[:length])
        try:
            found = read_image(cut)
        except DataError as error:
            lines = str(error).splitlines()
        else:  # what is missing is no pixel
            lines = [str(cut)]
            np.testing.assert_array_equal(found, pixels)
        assert len(lines) == 1
        assert lines[0].startswith(str(cut))


def test_an_image_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png")
    monkeypatch.setattr(pillow, "MAX_IMAGE_PIXELS", 8)
    with pytest.raises(DataError, match="not an image that can be read"):
        read_image(path)


def test_more_than_eight_bits_are_refused_and_not_cut_off(tmp_path):
    path = tmp_path / "a.png"
    pillow.fromarray(GREY.astype(np.uint16) * 100).save(path)
    with pytest.raises(DataError, match=r"a\.png: has more than 8 bits a pixel"):
        read_image(path)


def test_what_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none\.png: No such file"):
        read_image(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(DataError, match=r"text\.png: not a whole image"):
        read_image(tmp_path / "text.png")
