"""Photographs of things: CIFAR-10, CIFAR-100, SVHN and STL-10."""

from functools import partial
from pathlib import Path

import numpy as np

from ...utils.errors import DataError, one_line
from ...utils.extras import require
from ..dataset import Split
from ..readers import read_cifar, read_tar
from ..recipe import File, Parts, Recipe

TORONTO = "https://www.cs.toronto.edu/~kriz/"
UFLDL = "http://ufldl.stanford.edu/housenumbers/"
STL = "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"


def _cifar(train: tuple[str, ...], test: str, labels: str, paths: list[Path]) -> Parts:
    """Read x (N, 3, 32, 32) of bytes from the batches within the archive."""
    (path,) = paths
    members = read_tar(path, [*train, test])
    batches = [
        Split(*read_cifar(members[name], f"{path}: {name}", labels)) for name in [*train, test]
    ]
    x, y = (np.concatenate(parts) for parts in zip(*batches[:-1], strict=True))
    return Parts(Split(x, y), None, batches[-1])


def _svhn(paths: list[Path]) -> Parts:
    """Read x (N, 3, 32, 32) of bytes; the file calls the digit 0 by the label 10."""
    scipy = require("scipy.io", "lab")

    def split(path: Path) -> Split:
        try:
            content = scipy.loadmat(path, variable_names=["X", "y"])
            x, y = content["X"], content["y"].reshape(-1).astype(np.int64)
        except Exception as error:  # scipy's readers raise many kinds
            raise DataError(
                f"{path}: not a MATLAB file with X and y ({one_line(error)})"
            ) from error
        if x.dtype != np.uint8 or x.shape != (32, 32, 3, len(y)) or y.min() < 1 or y.max() > 10:
            raise DataError(f"{path}: expected X (32, 32, 3, N) of bytes and y of 1 to 10")
        return Split(np.ascontiguousarray(x.transpose(3, 2, 0, 1)), y % 10)

    train, test = paths
    return Parts(split(train), None, split(test))


def _stl10(paths: list[Path]) -> Parts:
    """Read x (N, 3, 96, 96) of bytes; the file has columns before rows, and labels from 1."""
    (path,) = paths
    names = [f"stl10_binary/{part}_{what}.bin" for part in ("train", "test") for what in "Xy"]
    members = read_tar(path, names)

    def split(images: str, labels: str) -> Split:
        x = np.frombuffer(members[images], np.uint8)
        y = np.frombuffer(members[labels], np.uint8).astype(np.int64) - 1
        if x.size != len(y) * 3 * 96 * 96 or not len(y) or y.min() < 0 or y.max() > 9:
            raise DataError(f"{path}: {images} and {labels} do not fit each other")
        columns_first = x.reshape(-1, 3, 96, 96)
        return Split(np.ascontiguousarray(columns_first.transpose(0, 1, 3, 2)), y)

    return Parts(split(*names[:2]), None, split(*names[2:]))


FINE = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus "
    "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch "
    "crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo "
    "keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse "
    "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy "
    "porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper "
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television "
    "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
CIFAR = "Krizhevsky 2009, Learning multiple layers of features from tiny images"

SETS = {
    "cifar10": Recipe(
        partial(
            _cifar,
            tuple(f"cifar-10-batches-py/data_batch_{n}" for n in range(1, 6)),
            "cifar-10-batches-py/test_batch",
            "labels",
        ),
        (
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        (0, 255),
        source=CIFAR,
        licence="none stated; cite the source",
        files=(
            File(
                "cifar10",
                "cifar-10-python.tar.gz",
                "c58f30108f718f92721af3b95e74349a",
                (f"{TORONTO}cifar-10-python.tar.gz",),
            ),
        ),
    ),
    "cifar100": Recipe(
        partial(_cifar, ("cifar-100-python/train",), "cifar-100-python/test", "fine_labels"),
        tuple(name.replace("_", " ") for name in FINE.split()),
        (0, 255),
        source=CIFAR,
        licence="none stated; cite the source",
        files=(
            File(
                "cifar100",
                "cifar-100-python.tar.gz",
                "eb9058c3a382ffc7106e4002c42a8d85",
                (f"{TORONTO}cifar-100-python.tar.gz",),
            ),
        ),
    ),
    "svhn": Recipe(
        _svhn,
        tuple("0123456789"),
        (0, 255),
        source="Netzer et al. 2011, Reading digits in natural images with unsupervised feature "
        "learning (Street View House Numbers, cropped digits)",
        licence="non-commercial use",
        files=(
            File(
                "svhn",
                "train_32x32.mat",
                "e26dedcc434d2e4c54c9b2d4a06d8373",
                (f"{UFLDL}train_32x32.mat",),
            ),
            File(
                "svhn",
                "test_32x32.mat",
                "eb5a983be6a315427106f1b164d9cef3",
                (f"{UFLDL}test_32x32.mat",),
            ),
        ),
    ),
    "stl10": Recipe(
        _stl10,
        ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),
        (0, 255),
        source="Coates, Lee and Ng 2011, An analysis of single-layer networks in unsupervised "
        "feature learning (STL-10, the labelled images)",
        licence="none stated; images from ImageNet",
        files=(File("stl10", "stl10_binary.tar.gz", "91f7769df0f17e558f3565bffb0c7dfb", (STL,)),),
    ),
}
