"""Convolution: cross-correlation step by step, output sizes, parameter counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..utils.errors import ArgumentError
from .answer import Answer, Part, Step, Value
from .conv_correlation import correlation, drawn_correlation
from .conv_parameters import drawn_layers, hyper_parameters, parameters, read_layers
from .conv_sizes import drawn_size, padding_that_keeps, pair, same, size, text_errors
from .draws import Rng
from .problem import Rows, Stack, Whole, as_json, option

CORRELATION = ("image", "kernel", "stride", "padding", "at")
QUESTIONS = ("correlation", "size", "same", "parameters", "hyper-parameters")
# Which options tell what is asked; stride and padding belong to the first three.
MARKS = {
    "correlation": ("image", "kernel", "at"),
    "size": ("size", "kernel_size"),
    "parameters": ("input", "layers"),
}
IMAGE: Stack = (
    (
        (8, 1, 7, -2, 5, 0),
        (-2, 1, 4, 6, 3, 3),
        (5, 1, 1, 3, -2, 6),
        (-1, 5, 0, 3, -2, 9),
        (8, -2, -1, -1, 4, 9),
        (-2, 0, -2, 9, -1, 7),
    ),
)
KERNEL: Stack = (((2, -1, 2, -1), (1, 3, 1, 3), (2, -1, 2, -1), (1, 3, 1, 3)),)
AT: Rows = ((0, 4), (4, 1))  # counted from 0
COUNTED = {
    "rgb": ((3, 12, 12), "1x3x3"),
    "unknown_count": ((1, 40, 40), "Kx4x4"),
    "stack": ((1, 28, 28), "4x6x6,3x3x3"),
}


@dataclass(frozen=True)
class Problem:
    """A question about a convolution; with no option at all, those of purdue373, one by one."""

    question: str | None = option(
        None, "choice", "what is asked (told from the other options)", choices=(*QUESTIONS, "all")
    )
    image: Stack | None = option(None, "stack", "rows by semicolons, channels by bars")
    kernel: Stack | None = option(None, "stack", "the filter, with as many channels")
    stride: int | None = option(None, "whole", "stride", least=1, most=1000)
    padding: int | None = option(None, "whole", "zeros on each side", least=0, most=1000)
    at: Rows | None = option(None, "places", "entries of the output to write out", least=0)
    size: Whole | None = option(None, "wholes", "height and width of an image", least=1, most=10**6)
    kernel_size: Whole | None = option(
        None, "wholes", "height and width of a filter", least=1, most=10**6
    )
    input: Whole | None = option(None, "wholes", "channels, height, width", least=1, most=10**4)
    layers: str | None = option(None, "text", "filters x height x width: 4x6x6,3x3x3, or Kx4x4")


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return a fresh problem of one question: the one given, or the correlation."""
    question = _asked(Problem(**given)) or ["correlation"]
    name = question[0] if len(question) == 1 else "correlation"
    if name == "correlation":
        kept = {key: given[key] for key in CORRELATION if key in given}
        return Problem(question=name, **drawn_correlation(rng, kept))
    if name == "size":
        return Problem(question=name, **drawn_size(rng))
    if name == "same":
        padding = int(rng.integers(1, 4, endpoint=True))
        length = 8 * int(rng.integers(2, 8, endpoint=True))
        return Problem(question=name, size=(length, length), padding=padding)
    if name == "parameters":
        return Problem(question=name, **drawn_layers(rng))
    return Problem(question=name)


def solve(problem: Problem) -> Answer:
    """Return the answers to the questions asked; to all of the course's where none is told."""
    asked = _asked(problem)
    course = problem in (Problem(), Problem(question="all"))
    parts = [part for name in asked or QUESTIONS for part in _parts(problem, name, course)]
    questions: list[str] = []
    given: list[Value] = []
    steps: list[Step] = []
    results: list[Value] = []
    for part in parts:
        questions.append(part.question)
        given += part.given
        steps += part.steps
        results += part.results
    titles = {
        "correlation": "Cross-correlation",
        "size": "The size of a convolution's output",
        "same": "Keeping the size of an image",
        "parameters": "The parameters of convolutional layers",
        "hyper-parameters": "Parameters and hyper-parameters",
    }
    return Answer(
        topic="conv",
        title=titles[asked[0]] if len(asked) == 1 else "Convolution",
        question="\n".join(filter(None, questions)),
        given=tuple(given),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def _asked(problem: Problem) -> list[str]:
    """Return the questions that the options tell; none where there are no options."""
    if problem.question is not None:
        return list(QUESTIONS) if problem.question == "all" else [problem.question]
    told = [
        name
        for name, marks in MARKS.items()
        if any(getattr(problem, mark) is not None for mark in marks)
    ]
    if not told and (problem.stride, problem.padding) != (None, None):
        told = ["correlation"]
    return told


def _parts(problem: Problem, name: str, course: bool) -> list[Part]:
    """Return a question worked out; of the course where there are no options of its own."""
    stride, padding = problem.stride, problem.padding
    if name == "correlation":
        own = problem.image is None and problem.kernel is None
        at = problem.at if problem.at is not None or not own else AT
        return [
            correlation(
                IMAGE if problem.image is None else problem.image,
                KERNEL if problem.kernel is None else problem.kernel,
                1 if stride is None else stride,
                int(own) if padding is None else padding,
                at if problem.at is not None or (stride, padding) == (None, None) else None,
            )
        ]
    if name == "size":
        own = problem.size is None and problem.kernel_size is None
        default = 2 if own else 0
        asked = size(
            pair("size", problem.size or (10, 12)),
            pair("kernel-size", problem.kernel_size or (6, 6)),
            (2 if own else 1) if stride is None else stride,
            default if padding is None else padding,
        )
        return [asked, text_errors()] if course else [asked]
    if name == "same":
        if problem.kernel_size is not None:
            return [padding_that_keeps(pair("kernel-size", problem.kernel_size)[0])]
        length, other = pair("size", problem.size or (32, 32))
        if length != other:
            raise ArgumentError("conv: --question same is about square images; give one --size")
        return [same(length, 2 if padding is None else padding, stride or 1)]
    if name == "parameters":
        if problem.input is None and problem.layers is None:
            return [
                parameters(image, read_layers(layers), f"parameters.{key}")
                for key, (image, layers) in COUNTED.items()
            ]
        image = (1, 28, 28) if problem.input is None else problem.input
        layers = "4x6x6,3x3x3" if problem.layers is None else problem.layers
        return [parameters(image, read_layers(layers), "parameters")]
    return [hyper_parameters()]
