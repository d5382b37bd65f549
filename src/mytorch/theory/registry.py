"""The topics there are, and how a problem of one is posed and solved."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..utils.errors import ArgumentError, did_you_mean
from .answer import Answer

TOPICS = (
    *("feedforward", "gradient", "gd-step", "backprop", "activations", "softmax"),
    *("initialization", "dead-relu", "conv", "true-false"),
)


class Topic(NamedTuple):
    """A topic: its name, one sentence, its options, and the functions that draw and solve it."""

    name: str
    title: str
    problem: type[Any]
    draw: Callable[[np.random.Generator, Mapping[str, Any]], Any]
    solve: Callable[[Any], Answer]


def get(name: str) -> Topic:
    """Return a topic by name.

    Raises
    ------
    ArgumentError
        For an unknown name; the message lists those there are.
    """
    if name not in TOPICS:
        hint = did_you_mean(name, TOPICS)
        raise ArgumentError(f"no topic is named {name!r}; {hint}there are: {', '.join(TOPICS)}")
    module = importlib.import_module(f".{name.replace('-', '_')}", __package__)
    title = (module.__doc__ or "").partition("\n")[0].rstrip(".")
    return Topic(name, title, module.Problem, module.draw, module.solve)


def pose(topic: Topic, given: Mapping[str, Any], seed: int | None = None) -> Any:
    """Return the course's problem, or with a seed a fresh one, with some options as given.

    Raises
    ------
    ArgumentError
        For a negative seed.
    """
    if seed is None:
        return replace(topic.problem(), **given)
    if seed < 0:
        raise ArgumentError(f"seed must be 0 or larger, got {seed}")
    return replace(topic.draw(np.random.default_rng(seed), given), **given)


def solve(topic: Topic, problem: Any) -> Answer:
    """Return the worked answer of a problem.

    Raises
    ------
    ArgumentError, ShapeError
        For numbers that do not fit each other, and such as floating point cannot hold.
    """
    with np.errstate(all="ignore"):  # Answer refuses what is not finite, by name
        return topic.solve(problem)
