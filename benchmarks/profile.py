"""Where the time of a training epoch of mytorch goes, part by part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from mytorch.nn.workspace import Workspaces

PARTS = {
    "Linear": "dense layers",
    "Flatten": "dense layers",  # it makes the rows that they take
    "Conv2d": "convolutions",
    "MaxPool2d": "pooling",
    "BatchNorm2d": "batch norm",
    "Dropout": "dropout",
}


def profile(run: Callable[[], Any], model: Any, loss: Any, optimizer: Any) -> dict[str, float]:
    """Run once under clocks and return seconds by part; what no clock saw is "the loop"."""
    seconds: dict[str, float] = {}
    with _clocks(seconds, model, loss, optimizer):
        start = perf_counter()
        run()
        total = perf_counter() - start
    return seconds | {"the loop": total - sum(seconds.values())}


@contextmanager
def _clocks(seconds: dict[str, float], model: Any, loss: Any, optimizer: Any) -> Iterator[None]:
    clocked = [
        *((layer, name, _part(layer)) for layer in model for name in ("forward", "backward")),
        *((loss, name, "loss") for name in ("forward", "backward")),
        (optimizer, "step", "optimizer"),
        (Workspaces, "take", "gathering batches"),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in clocked]
    for owner, name, part in clocked:
        setattr(owner, name, _clocked(getattr(owner, name), seconds, part))
    try:
        yield
    finally:
        for owner, name, original in originals:
            if isinstance(owner, type):
                setattr(owner, name, original)
            else:
                delattr(owner, name)  # the class's own shows again


def _clocked(function: Callable[..., Any], seconds: dict[str, float], part: str) -> Any:
    def run(*arguments: Any) -> Any:
        start = perf_counter()
        result = function(*arguments)
        seconds[part] = seconds.get(part, 0.0) + perf_counter() - start
        return result

    return run


def _part(layer: Any) -> str:
    return PARTS.get(type(layer).__name__, "activations")
