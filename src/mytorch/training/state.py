"""The state of a training between two records: what it takes to go on from there."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..nn import ReduceLROnPlateau
from ..utils.copying import contents
from ..utils.errors import ArgumentError
from ..utils.random import Generator, generator_state, set_generator_state

COUNTS = ("epoch", "step", "batch")


def capture(training: Any) -> dict[str, Any]:
    """Return copies of the parameters, the optimizer's memory, every generator, and the rest."""
    return {
        **{name: getattr(training, name) for name in COUNTS},
        "total": training.total,
        "shuffled_by": training.shuffled_by,
        "lr": float(training.optimizer.lr),
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "generators": [generator_state(rng) for rng in _generators(training)],
        "schedule": _state_of_schedule(training),
        "stopping": training.stopping.state_dict() if training.stopping else None,
    }


def restore(training: Any, saved: Mapping[str, Any]) -> None:
    """Put a training into a state that `capture` returned of one with the same arguments."""
    before = capture(training)
    try:
        _write(training, saved)
    except (LookupError, TypeError, ValueError) as error:
        _write(training, before)
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"fit: this is no state of a training ({error!r:.80})") from error


def _write(training: Any, saved: Mapping[str, Any]) -> None:
    generators = _generators(training)
    last = training.epochs, len(training.x) // training.batch_size + 1
    fits = (
        0 <= saved["epoch"] <= last[0]
        and 0 <= saved["batch"] <= last[1]
        and len(saved["generators"]) == len(generators)
        and (saved["schedule"] is None) == (_state_of_schedule(training) is None)
        and (saved["stopping"] is None) == (training.stopping is None)
    )
    if not fits:
        raise ArgumentError("fit: this is the state of a training with other arguments")
    training.model.load_state_dict(saved["model"])
    training.optimizer.load_state_dict(saved["optimizer"])
    training.optimizer.lr = float(saved["lr"])
    for rng, state in zip(generators, saved["generators"], strict=True):
        set_generator_state(rng, state)
    if isinstance(training.schedule, ReduceLROnPlateau):
        training.schedule.load_state_dict(saved["schedule"])
    if training.stopping is not None:
        training.stopping.load_state_dict(saved["stopping"])
    for name in COUNTS:
        setattr(training, name, int(saved[name]))
    training.total, training.shuffled_by = float(saved["total"]), saved["shuffled_by"]


def _generators(training: Any) -> list[Generator]:
    """Return every generator that the training draws from, each once: its own, and dropout's."""
    found = [
        item
        for root in (training.rng, training.model, training.loss, *_used_by(training.augment))
        for item in contents(root)
        if isinstance(item, Generator)
    ]
    return list({id(rng): rng for rng in found}.values())


def _used_by(function: Any) -> list[Any]:
    """Return a callable and what it holds: of a function, also what it closes over."""
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    defaults = [
        *(getattr(function, "__defaults__", None) or ()),
        *(getattr(function, "__kwdefaults__", None) or {}).values(),
    ]
    if isinstance(function, partial):
        return [*_used_by(function.func), *function.args, *function.keywords.values()]
    return [function, getattr(function, "__self__", None), *cells, *defaults]


def _state_of_schedule(training: Any) -> dict[str, Any] | None:
    plateau = training.schedule
    return plateau.state_dict() if isinstance(plateau, ReduceLROnPlateau) else None
