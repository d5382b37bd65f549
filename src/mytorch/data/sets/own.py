"""What a person brings: `csv:FILE`, `folder:FOLDER`, `npz:FILE`.

After a # stands what the reader must be told: the column of the labels (`csv:FILE#NAME`,
`csv:FILE#-1`), or the size that the images get (`folder:FOLDER#32x32`).
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.errors import DataError
from ...utils.npz import read_npz
from ..dataset import Dataset, Split
from ..readers import read_csv, read_image_folder
from ..splits import HELD_OUT, cut

LICENCE = "yours to know"
PARTS = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}


def _csv(path: Path, told: str) -> Dataset:
    label = int(told) if re.fullmatch(r"-?\d+", told) else told or None
    table = read_csv(path, label)
    train, test = _cut(path, Split(table.x, table.y))
    return _dataset(f"csv:{path}", train, None, test, table.classes, None)


def _folder(path: Path, told: str) -> Dataset:
    """Read train/CLASS/IMAGE and test/CLASS/IMAGE, or CLASS/IMAGE alone, cut by us."""
    size = re.fullmatch(r"(\d+)x(\d+)", told) if told else None
    if told and not size:
        raise DataError(f"folder:{path}#{told}: expected height x width, as in #32x32")
    shape = (int(size[1]), int(size[2])) if size else None
    parts = {
        part: folder
        for part, names in PARTS.items()
        for folder in [path / name for name in names]
        if folder.is_dir()
    }
    if not {"train", "test"} <= parts.keys():
        x, y, classes = read_image_folder(path, shape)
        train, test = _cut(path, Split(x, y))
        return _dataset(f"folder:{path}", train, None, test, classes, (0, 255))
    splits: dict[str, Split] = {}
    classes = ()
    for part, folder in parts.items():
        x, y, found = read_image_folder(folder, shape)
        if classes and found != classes:
            raise DataError(f"{folder}: its classes are {found}, and those of train {classes}")
        if splits and x.shape[1:] != splits["train"].x.shape[1:]:
            wanted = splits["train"].x.shape[1:]
            raise DataError(f"{folder}: its images are {x.shape[1:]}, and those of train {wanted}")
        classes, splits[part] = found, Split(x, y)
    return _dataset(
        f"folder:{path}",
        splits["train"],
        splits.get("validation"),
        splits["test"],
        classes,
        (0, 255),
    )


def _npz(path: Path, told: str) -> Dataset:
    """Read x and y, cut by us, or x_train, y_train, x_test, y_test and perhaps x_val, y_val."""
    if told:
        raise DataError(f"npz:{path}#{told}: nothing stands after a # here")
    arrays = read_npz(path)
    names = ", ".join(sorted(arrays))

    def split(*suffixes: str) -> Split | None:
        for suffix in suffixes:
            if f"x{suffix}" in arrays and f"y{suffix}" in arrays:
                return _checked(path, suffix, arrays[f"x{suffix}"], arrays[f"y{suffix}"])
        return None

    train, test = split("_train"), split("_test")
    if train is None or test is None:
        whole = split("")
        if whole is None:
            raise DataError(
                f"{path}: expected x and y, or x_train, y_train, x_test, y_test; got {names}"
            )
        train, test = _cut(path, whole)
    validation = split("_validation", "_val")
    labels = np.concatenate([part.y for part in (train, validation, test) if part is not None])
    if labels.dtype.kind in "iu" and labels.max() >= max(1000, len(labels)):
        raise DataError(
            f"{path}: holds the label {labels.max()} and {len(labels)} examples; labels are whole "
            "numbers from 0 on, one for each class"
        )
    classes = tuple(map(str, range(labels.max() + 1))) if labels.dtype.kind in "iu" else ()
    bytes_of_images = train.x.dtype == np.uint8
    return _dataset(
        f"npz:{path}", train, validation, test, classes, (0, 255) if bytes_of_images else None
    )


def _checked(path: Path, suffix: str, x: Any, y: Any) -> Split:
    if x.ndim < 2 or len(x) != len(y) or not len(x):
        raise DataError(
            f"{path}: expected x{suffix} (N, ...) and y{suffix} (N,), got {x.shape} and {y.shape}"
        )
    if x.dtype.kind not in "fiu" or y.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: expected numbers, got x{suffix} {x.dtype} and y{suffix} {y.dtype}"
        )
    for name, array in ((f"x{suffix}", x), (f"y{suffix}", y)):
        wrong = np.argwhere(~np.isfinite(array))
        if len(wrong):
            at = tuple(map(int, wrong[0]))
            raise DataError(f"{path}: {name}{list(at)} is {array[at]}, expected a finite number")
    if y.dtype.kind in "iu":
        y = y.reshape(len(y), -1)
        if y.shape[1] != 1 or y.min() < 0 or y.max() > np.iinfo(np.int64).max:
            raise DataError(f"{path}: expected one label of 0 or more for each row of y{suffix}")
        y = y[:, 0].astype(np.int64)
    return Split(x, y)


def _cut(path: Path, split: Split) -> tuple[Split, Split]:
    if len(split) < 5:
        raise DataError(f"{path}: {len(split)} examples are too few to hold out a fifth of them")
    return cut(split, HELD_OUT)


def _dataset(
    name: str,
    train: Split,
    validation: Split | None,
    test: Split,
    classes: tuple[str, ...],
    value_range: tuple[float, float] | None,
) -> Dataset:
    return Dataset(
        name=name,
        train=train,
        validation=validation,
        test=test,
        classes=classes,
        value_range=value_range,
        source=name,
        licence=LICENCE,
    )


KINDS: dict[str, Callable[[Path, str], Dataset]] = {"csv": _csv, "folder": _folder, "npz": _npz}


def load_own(name: str) -> Dataset | None:
    """Return the data set that `csv:FILE`, `folder:FOLDER` or `npz:FILE` names, None for others."""
    kind, colon, rest = name.partition(":")
    if not colon or kind not in KINDS:
        return None
    path, _, told = (
        rest.rpartition("#") if "#" in rest and not Path(rest).exists() else (rest, "", "")
    )
    if not path or "\0" in path:
        raise DataError(f"{name}: expected a path after {kind}:")
    return KINDS[kind](Path(path), told)
