"""What the classifiers of images share: the curves of a training, their figure and judgement."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mytorch.courses.pictures import save
from mytorch.nn import Loss, Module, Optimizer
from mytorch.reporting.curves import learning_curves
from mytorch.training import EpochRecord, fit
from mytorch.training.judgement import Judgement, judge
from mytorch.utils.errors import ArgumentError, DtypeError, OrderError, ShapeError
from mytorch.utils.progress import progress

Array = NDArray[Any]

AT_ONCE = 1000  # examples that are predicted together


class Recorded:
    """A classifier that keeps loss and accuracy of every epoch of its training.

    Attributes
    ----------
    train_val_metrics
        Four lists, by epoch: `train_losses`, `train_accs`, `val_losses`, `val_accs`; all of them
        measured after the epoch in evaluation mode, so that they can be compared.
    picture
        The file that `plot_train_val_metrics` writes.

    classes
        How many there are.

    A subclass defines `_network()`, the classifier as a module of the library, and `_inputs(X)`.
    """

    picture: str
    classes: int
    train_val_metrics: dict[str, list[float]]

    def plot_train_val_metrics(
        self, path: str | Path | None = None, figure: Any = None
    ) -> tuple[Any, Any]:
        """Draw loss and accuracy side by side, write the figure, and return (fig, ax).

        ax holds both axes (2,). The file is `picture`, in the current folder, or `path`.

        Raises
        ------
        OrderError
            Before any training.
        """
        self._trained("plot_train_val_metrics")
        figure, axes = learning_curves(**self.train_val_metrics, figure=figure)
        save(figure, Path(path or self.picture))
        return figure, axes

    def report_my_judgement(self) -> str:
        """Return `underfitting`, `overfitting` or `generalizing`, whichever the curves say.

        Raises
        ------
        OrderError
            Before any training.
        """
        return self.judgement().verdict

    def judgement(self) -> Judgement:
        """Return the judgement with the evidence for it, in words (`mytorch.training.judgement`).

        Raises
        ------
        OrderError
            Before any training.
        """
        self._trained("report_my_judgement")
        return judge(**self.train_val_metrics)

    def _trained(self, method: str) -> None:
        if not self.train_val_metrics["train_losses"]:
            raise OrderError(f"{type(self).__name__}.{method} needs a training before it")

    def _network(self) -> Module:
        raise NotImplementedError(f"{type(self).__name__} does not define _network()")

    def _inputs(self, X: Any) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not define _inputs(X)")

    def _fit(
        self,
        network: Module,
        loss: Loss,
        optimizer: Optimizer,
        train: tuple[Any, Any],
        validation: tuple[Any, Any],
        epochs: int,
        batch_size: int | None,
    ) -> None:
        """Train on batches in the order of the examples (all in one without a size); record."""
        given = {"X_train": train[0], "y_train": train[1], "X_val": validation[0]}
        missing = [name for name, part in {**given, "y_val": validation[1]}.items() if part is None]
        if missing:
            raise ArgumentError(f"{type(self).__name__}.train: {', '.join(missing)} missing")
        splits = [
            (self._inputs(x), labels(y, len(x), self.classes)) for x, y in (train, validation)
        ]
        training = fit(
            network,
            loss,
            optimizer,
            *splits,
            epochs=epochs,
            batch_size=len(splits[0][0]) if batch_size is None else batch_size,
            step_records=False,
            evaluate_train=True,
        )
        for record in progress(training, total=epochs, label="training", unit="epoch"):
            assert isinstance(record, EpochRecord)
            found = {
                "train_losses": record.train_loss,
                "train_accs": record.train_accuracy,
                "val_losses": record.validation_loss,
                "val_accs": record.validation_accuracy,
            }
            for name, value in found.items():
                self.train_val_metrics[name].append(cast(float, value))

    def _labels(self, X: Any) -> Array:
        """Return the label (N,) of the largest output, the smallest of equals."""
        network, x = self._network(), self._inputs(X)
        found = [
            network.predict(x[start : start + AT_ONCE]).argmax(axis=1)
            for start in range(0, len(x), AT_ONCE)
        ]
        return np.concatenate([np.empty(0, np.int64), *found])

    def accuracy(self, X: Any, y: Any) -> float:
        """Return the share of examples whose predicted label is y.

        Raises
        ------
        ShapeError
            For no examples, or labels that are not theirs.
        """
        if not len(X):
            raise ShapeError(f"{type(self).__name__}.accuracy: expected examples, got none")
        return float(np.mean(self._labels(X) == labels(y, len(X), self.classes)))


def check_classes(of: str, classes: int) -> int:
    """Return a number of classes.

    Raises
    ------
    ArgumentError
        For one below 1.
    """
    if classes < 1:
        raise ArgumentError(f"{of}: expected at least one class, got {classes}")
    return classes


def no_metrics() -> dict[str, list[float]]:
    """Return curves of no epochs."""
    return {name: [] for name in ("train_losses", "train_accs", "val_losses", "val_accs")}


def floats(X: Any, wanted: Sequence[int | None]) -> Array:
    """Return an array or a tensor as float32, of a shape (None: any size).

    Raises
    ------
    DtypeError
        For integers: images are to be scaled first.
    ShapeError
        For another shape.
    """
    x = np.asarray(X.detach() if hasattr(X, "detach") else X)
    if x.dtype.kind != "f":
        raise DtypeError(
            f"expected floating numbers, got dtype {x.dtype}; scale images to [0, 1]: divide by 255"
        )
    if x.ndim != len(wanted) or any(
        size not in (None, got) for size, got in zip(wanted, x.shape, strict=True)
    ):
        shape = ", ".join("N" if size is None else str(size) for size in wanted)
        raise ShapeError(f"expected examples of shape ({shape}), got shape {x.shape}")
    return np.require(x, np.float32, "W")  # PyTorch wants what it may write


def images(X: Any) -> Array:
    """Return images (N, 1, H, W) that four poolings leave one pixel of, as float32.

    Raises
    ------
    DtypeError, ShapeError
        For anything else.
    """
    x = floats(X, (None, 1, None, None))
    if not 16 <= min(x.shape[2:]) <= max(x.shape[2:]) < 32:
        raise ShapeError(
            f"the network takes images of 16 x 16 to 31 x 31 pixels, as four poolings leave one of "
            f"them, got {x.shape[2]} x {x.shape[3]}"
        )
    return x


def labels(y: Any, n: int, classes: int) -> Array:
    """Return the labels (N,) of n examples, from labels or one-hot rows, arrays or tensors.

    Raises
    ------
    ShapeError
        For anything else.
    """
    found = np.asarray(y)
    if found.shape == (n, classes) and np.isin(found, (0, 1)).all() and (found.sum(1) == 1).all():
        return found.argmax(axis=1)
    if found.shape != (n,) or found.dtype.kind not in "iu":
        raise ShapeError(
            f"expected {n} integer labels ({n},) or one-hot rows ({n}, {classes}), got shape "
            f"{found.shape} of dtype {found.dtype}"
        )
    if n and not 0 <= found.min() <= found.max() < classes:
        wrong = found[(found < 0) | (found >= classes)][0]
        raise ShapeError(f"expected labels from 0 to {classes - 1}, got {wrong}")
    return found.astype(np.int64, copy=False)
