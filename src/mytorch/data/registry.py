"""The data sets known by name."""

import difflib
import hashlib
from collections.abc import Callable

import numpy as np

from ..utils.errors import DataError
from ..utils.extras import require
from . import storage
from .dataset import Dataset, Split
from .readers import read_idx

TEN_DIGITS = tuple("0123456789")


def names() -> list[str]:
    """Return the names that `load` knows."""
    return sorted(_LOADERS)


def load(name: str) -> Dataset:
    """Load a data set by name, with its published splits.

    >>> digits = load("digits")
    >>> x, y = digits.train
    >>> x.shape, x.dtype, y[:5]
    ((1437, 1, 8, 8), dtype('uint8'), array([3, 9, 1, 3, 1]))

    Raises
    ------
    DataError
        For an unknown name, and for a file that is missing or damaged; the message says what to
        do about it.
    """
    if name not in _LOADERS:
        close = difflib.get_close_matches(name, _LOADERS, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise DataError(f"no data set is named {name!r}; {hint}there are: {', '.join(names())}")
    return _LOADERS[name]()


def _digits() -> Dataset:
    """Load the 1,797 digits that come with scikit-learn.

    It bundles the test part of the UCI set alone, so the cut into 80 % and 20 % is ours: it is
    stratified and always the same. All writers occur in both parts.
    """
    bunch = require("sklearn.datasets", "lab").load_digits()
    x = bunch.images.astype(np.uint8)[:, np.newaxis]  # (1797, 1, 8, 8)
    y = bunch.target.astype(np.int64)
    found = hashlib.sha256(x.tobytes() + y.astype("<i8").tobytes()).hexdigest()
    if found != "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5":
        raise DataError(f"digits: scikit-learn brings another data set than expected ({found})")
    rows = np.arange(len(y))
    train, test = require("sklearn.model_selection", "lab").train_test_split(
        rows, test_size=0.2, stratify=y, random_state=0
    )
    return Dataset(
        name="digits",
        train=Split(x[train], y[train]),
        validation=None,
        test=Split(x[test], y[test]),
        classes=TEN_DIGITS,
        value_range=(0, 16),
        source="UCI Optical Recognition of Handwritten Digits, the part bundled by scikit-learn",
        licence="CC BY 4.0",
    )


def _idx_images(
    name: str, md5s: dict[str, str], classes: tuple[str, ...], source: str, licence: str
) -> Callable[[], Dataset]:
    """Return the loader of a data set in the four files of MNIST, with these checksums."""

    def split(part: str) -> Split:
        images, labels = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
        x = read_idx(storage.find(name, images, md5s[images]))[:, np.newaxis]  # (N, 1, 28, 28)
        y = read_idx(storage.find(name, labels, md5s[labels])).astype(np.int64)
        return Split(x, y)

    def loader() -> Dataset:
        return Dataset(
            name=name,
            train=split("train"),
            validation=None,
            test=split("t10k"),
            classes=classes,
            value_range=(0, 255),
            source=source,
            licence=licence,
        )

    return loader


_LOADERS: dict[str, Callable[[], Dataset]] = {
    "digits": _digits,
    "mnist": _idx_images(
        "mnist",
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        TEN_DIGITS,
        source="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        licence="stated as CC BY-SA 3.0",
    ),
    "fashion-mnist": _idx_images(
        "fashion-mnist",
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        source="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST",
        licence="MIT",
    ),
}
