"""OCR letters: ten handwritten letters as tables, in the sizes that a course hands out."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ...utils.errors import DataError
from .. import storage
from ..dataset import Dataset, Split
from ..readers import read_csv

CLASSES = tuple("aegilnortu")
PIXELS = (1, 16, 8)  # channels, height, width


def _load(name: str, size: str, train_md5: str, validation_md5: str) -> Dataset:
    def split(part: str, md5: str) -> Split:
        path = storage.find("ocr-letters", f"{size}_{part}.csv", md5)
        table = read_csv(path, 0)
        labels = np.array([int(label) for label in table.classes])
        if labels.min() < 0 or labels.max() >= len(CLASSES):
            raise DataError(f"{path}: labels must be 0 to 9, got {table.classes}")
        return Split(table.x.reshape(-1, *PIXELS), labels[table.y])

    return Dataset(
        name=name,
        train=split("train", train_md5),
        validation=None,
        test=split("validation", validation_md5),
        classes=CLASSES,
        value_range=(0, 1),
        source="Kassel 1995, A comparison of approaches to on-line handwritten character "
        "recognition (OCR letters), as handed out by a course",
        licence="course data",
    )


SETS: dict[str, Callable[[], Dataset]] = {
    "ocr-letters": partial(
        _load,
        "ocr-letters",
        "small",
        "deff4671e5f4cf6eeb5ca0ae46d93762",
        "97714507aded1e3eceea89d456c7a3fc",
    ),
    "ocr-letters-medium": partial(
        _load,
        "ocr-letters-medium",
        "medium",
        "5a4c14145d20a36788fd9146c559a65f",
        "0133909881a97e593e74fcd64b259e70",
    ),
}
