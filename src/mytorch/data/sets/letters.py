"""OCR letters: ten handwritten letters as tables, in the sizes that a course hands out."""

from pathlib import Path

import numpy as np

from ...utils.errors import DataError
from ..dataset import Split
from ..readers import read_csv
from ..recipe import File, Parts, Recipe

CLASSES = tuple("aegilnortu")
PIXELS = (1, 16, 8)  # channels, height, width


def _read(paths: list[Path]) -> Parts:
    def split(path: Path) -> Split:
        table = read_csv(path, 0)
        labels = np.array([int(label) for label in table.classes])
        if labels.min() < 0 or labels.max() >= len(CLASSES):
            raise DataError(f"{path}: labels must be 0 to 9, got {table.classes}")
        return Split(table.x.reshape(-1, *PIXELS), labels[table.y])

    train, validation = paths
    return Parts(split(train), None, split(validation))


def _recipe(size: str, train_md5: str, validation_md5: str) -> Recipe:
    return Recipe(
        _read,
        CLASSES,
        (0, 1),
        source="Kassel 1995, A comparison of approaches to on-line handwritten character "
        "recognition (OCR letters), as handed out by a course",
        licence="course data",
        files=(
            File("ocr-letters", f"{size}_train.csv", train_md5, verified=True),
            File("ocr-letters", f"{size}_validation.csv", validation_md5, verified=True),
        ),
    )


SETS = {
    "ocr-letters": _recipe(
        "small", "deff4671e5f4cf6eeb5ca0ae46d93762", "97714507aded1e3eceea89d456c7a3fc"
    ),
    "ocr-letters-medium": _recipe(
        "medium", "5a4c14145d20a36788fd9146c559a65f", "0133909881a97e593e74fcd64b259e70"
    ),
}
