"""MNIST, and the sets that were published in the shape of its four files."""

from pathlib import Path

import numpy as np

from ..dataset import Split
from ..readers import read_idx
from ..recipe import File, Parts, Recipe

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _read(paths: list[Path]) -> Parts:
    def split(images: Path, labels: Path) -> Split:
        x = read_idx(images)[:, np.newaxis]  # (N, 1, 28, 28)
        return Split(x, read_idx(labels).astype(np.int64))

    return Parts(split(*paths[:2]), None, split(*paths[2:]))


def _recipe(
    folder: str,
    md5s: tuple[str, ...],
    mirrors: tuple[str, ...],
    classes: tuple[str, ...],
    source: str,
    licence: str,
    verified: bool,
) -> Recipe:
    files = (
        File(folder, name, md5, tuple(mirror + name for mirror in mirrors), verified)
        for name, md5 in zip(FILES, md5s, strict=True)
    )
    return Recipe(_read, classes, (0, 255), source, licence, tuple(files))


SETS = {
    "mnist": _recipe(
        "mnist",
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        tuple("0123456789"),
        source="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        licence="stated as CC BY-SA 3.0",
        verified=True,
    ),
    "fashion-mnist": _recipe(
        "fashion-mnist",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
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
        verified=True,
    ),
    "kmnist": _recipe(
        "kmnist",
        (
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        source="Clanuwat et al. 2018, Deep Learning for Classical Japanese Literature "
        "(Kuzushiji-MNIST)",
        licence="CC BY-SA 4.0",
        verified=False,
    ),
}
