"""MedMNIST's twelve two-dimensional sets: medical images of 28 x 28 pixels."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import DataError
from ...utils.npz import read_npz
from ..dataset import Split
from ..recipe import File, Parts, Recipe

Array = NDArray[Any]

RECORD = "https://zenodo.org/records/10519652/files/"
EARLIER = (
    "https://zenodo.org/records/6496656/files/"  # the same files, but for the three organ sets
)


def _read(paths: list[Path]) -> Parts:
    """Read x (N, 3 or 1, 28, 28), and y (N,), or (N, C) of 0 and 1 where labels do not exclude."""
    (path,) = paths
    arrays = read_npz(path)

    def split(part: str) -> Split:
        missing = {f"{part}_images", f"{part}_labels"} - arrays.keys()
        if missing:
            raise DataError(f"{path}: has no array {' and '.join(sorted(missing))}")
        x, y = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if x.dtype != np.uint8 or x.shape[1:] not in ((28, 28), (28, 28, 3)) or y.ndim != 2:
            raise DataError(f"{path}: expected images of bytes, 28 x 28, got {x.dtype} {x.shape}")
        x = x[:, np.newaxis] if x.ndim == 3 else x.transpose(0, 3, 1, 2)
        return Split(x, y[:, 0].astype(np.int64) if y.shape[1] == 1 else y.astype(np.float32))

    return Parts(split("train"), split("val"), split("test"))


ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)

# name, MD5, whether the earlier record has it too, classes
KNOWN: list[tuple[str, str, bool, tuple[str, ...]]] = [
    (
        "pathmnist",
        "a8b06965200029087d5bd730944a56c1",
        True,
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
    ),
    (
        "chestmnist",
        "02c8a6516a18b556561a56cbdd36c4a8",
        True,
        (
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
    ),
    (
        "dermamnist",
        "0744692d530f8e62ec473284d019b0c7",
        True,
        (
            "actinic keratosis, carcinoma in situ",
            "basal cell carcinoma",
            "benign keratosis",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevus",
            "vascular lesion",
        ),
    ),
    (
        "octmnist",
        "c68d92d5b585d8d81f7112f81e2d0842",
        True,
        ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    ),
    ("pneumoniamnist", "28209eda62fecd6e6a2d98b1501bb15f", True, ("normal", "pneumonia")),
    ("retinamnist", "bd4c0672f1bba3e3a89f0e4e876791e4", True, tuple("01234")),
    ("breastmnist", "750601b1f35ba3300ea97c75c52ff8f6", True, ("malignant", "normal or benign")),
    (
        "bloodmnist",
        "7053d0359d879ad8a5505303e11de1dc",
        True,
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocyte",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
    ),
    (
        "tissuemnist",
        "ebe78ee8b05294063de985d821c1c34b",
        True,
        (
            "collecting duct, connecting tubule",
            "distal convoluted tubule",
            "glomerular endothelial cell",
            "interstitial endothelial cell",
            "leukocyte",
            "podocyte",
            "proximal tubule segment",
            "thick ascending limb",
        ),
    ),
    ("organamnist", "68e3f8846a6bd62f0c9bf841c0d9eacc", False, ORGANS),
    ("organcmnist", "b9ceb9546e10131b32923c5bbeaea2b1", False, ORGANS),
    ("organsmnist", "9ab87b696fb54e2a387ebe992d6ed5f1", False, ORGANS),
]


def _recipe(name: str, md5: str, earlier: bool, classes: tuple[str, ...]) -> Recipe:
    file = f"{name}.npz"
    records = (RECORD, EARLIER) if earlier else (RECORD,)
    urls = tuple(f"{record}{file}?download=1" for record in records)
    return Recipe(
        _read,
        classes,
        (0, 255),
        source="Yang et al. 2023, MedMNIST v2, a large-scale lightweight benchmark for 2D and 3D "
        "biomedical image classification",
        licence="CC BY-NC 4.0" if name == "dermamnist" else "CC BY 4.0",
        files=(File(name, file, md5, urls, elsewhere=Path("~/.medmnist") / file),),
    )


SETS = {facts[0]: _recipe(*facts) for facts in KNOWN}
