"""The cross-correlation of an image and a filter, window by window."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..nn import Conv2d
from ..utils.errors import ArgumentError, ShapeError
from .answer import Part, Step, value
from .digits import dot
from .draws import Rng, small_matrix
from .networks import Array
from .problem import Rows, Stack, array

FEW = 16  # entries, and numbers in a window, that are written out without being asked for
MOST = 40_000  # numbers in a padded image


def drawn_correlation(rng: Rng, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a small image and filter of whole numbers, and two entries to compute.

    What is given of them is kept.
    """
    height, width = (int(n) for n in rng.integers(5, 7, 2, endpoint=True))
    kernel = int(rng.integers(2, 3, endpoint=True))
    stride, padding = int(rng.integers(1, 2, endpoint=True)), int(rng.integers(0, 1, endpoint=True))
    drawn: dict[str, Any] = {
        "image": (small_matrix(rng, -3, 9, height, width),),
        "kernel": (small_matrix(rng, -2, 3, kernel, kernel),),
        "stride": stride,
        "padding": padding,
    }
    drawn |= {name: number for name, number in given.items() if number is not None}
    x, w = array(drawn["image"]), array(drawn["kernel"])
    rows, columns = (
        (x.shape[axis] + 2 * drawn["padding"] - w.shape[axis]) // drawn["stride"] + 1
        for axis in (1, 2)
    )
    if "at" not in drawn and min(rows, columns) > 0:
        places = rng.choice(rows * columns, min(2, rows * columns), replace=False)
        drawn["at"] = tuple(divmod(int(place), columns) for place in np.sort(places))
    return drawn


def correlation(image: Stack, kernel: Stack, stride: int, padding: int, at: Rows | None) -> Part:
    """Return the output, the windows of the entries asked for, and the sum over channels."""
    x, w = array(image), array(kernel)  # (C, H, W), (C, kh, kw)
    if len(x) != len(w):
        raise ShapeError(
            f"conv: the image has {len(x)} channels and the filter {len(w)}, expected as many: "
            "a filter has a layer for each channel"
        )
    height, width = ((x.shape[axis] + 2 * padding - w.shape[axis]) // stride + 1 for axis in (1, 2))
    area = len(x) * (x.shape[1] + 2 * padding) * (x.shape[2] + 2 * padding)
    if area > MOST:
        raise ArgumentError(f"conv: the padded image has {area} numbers, expected at most {MOST}")
    if min(height, width) < 1:
        raise ShapeError(
            f"conv: the filter of {w.shape[1]} x {w.shape[2]} is larger than the padded image of "
            f"{x.shape[1] + 2 * padding} x {x.shape[2] + 2 * padding}"
        )
    y = _correlate(x, w, stride, padding)  # (H', W')
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    places = _places(at, y, w)
    channels = len(x)
    steps = [
        Step(
            f"Padding {padding}: so many rows and columns of zeros on every side."
            if padding
            else "There is no padding.",
            "",
            "",
            "",
            (value("correlation.padded", _flat(padded), "X padded", r"X_{\text{padded}}"),)
            if padding
            else (),
        ),
        Step(
            "The size of the output.",
            "H' = floor((H + 2 p - k) / s) + 1",
            r"H' = \left\lfloor \frac{H + 2 p - k}{s} \right\rfloor + 1",
            "",
            (
                value("correlation.height", height, "H'"),
                value("correlation.width", width, "W'"),
            ),
            (
                ("H'", f"({x.shape[1]} + 2 * {padding} - {w.shape[1]}) / {stride} + 1"),
                ("W'", f"({x.shape[2]} + 2 * {padding} - {w.shape[2]}) / {stride} + 1"),
            )
            if stride == 1
            else (),
        ),
        Step(
            "Each entry is the sum of the products of the filter, not turned, and the window "
            f"below it, whose top left corner is at row {_times(stride, 'i')} and column "
            f"{_times(stride, 'j')} of the "
            "padded image" + (", over all channels." if channels > 1 else "."),
            "Y[i, j] = sum over c, u, v of F[c, u, v] X_padded[c, s i + u, s j + v]",
            r"Y_{ij} = \sum_{c, u, v} F_{cuv} \, X^{\text{padded}}_{c, si + u, sj + v}",
            "",
            tuple(
                value(f"correlation.at_{i}_{j}", float(y[i, j]), f"Y[{i},{j}]") for i, j in places
            ),
            tuple((f"Y[{i},{j}]", dot(_window(padded, w, stride, i, j), w)) for i, j in places),
        ),
    ]
    if channels > 1:
        each = np.stack(
            [_correlate(x[c : c + 1], w[c : c + 1], stride, padding) for c in range(channels)]
        )
        steps.append(
            Step(
                "Each channel has its own layer of the filter; the output is the sum of the "
                "channels, one image however many channels there were.",
                "Y = sum over c of F_c cross-correlated with X_c",
                r"Y = \sum_c F_c \star X_c",
                "",
                tuple(
                    value(f"correlation.channel{c}", part, f"channel {c}")
                    for c, part in enumerate(each)
                ),
            )
        )
    turned = _correlate(x, w[:, ::-1, ::-1], stride, padding)
    steps.append(
        Step(
            "In mathematics, a convolution turns the filter by 180 degrees first. Networks do not, "
            "and the courses mean the above. Turned, it would be:",
            "",
            "",
            "",
            (value("correlation.turned", turned, "Y with F turned", r"Y_{\text{turned}}"),),
        )
    )
    asked = tuple(
        value(f"correlation.at_{i}_{j}", float(y[i, j]), f"Y[{i},{j}]")
        for i, j in (places if at is not None else [])
    )
    told = " and ".join(part.symbol for part in asked)
    return Part(
        f"What is the cross-correlation Y of the image X and the filter F at stride {stride}, "
        f"padding {padding}?" + (f" What are {told} (counted from 0)?" if told else ""),
        (value("correlation.image", _flat(x), "X"), value("correlation.filter", _flat(w), "F")),
        tuple(steps),
        (*asked, value("correlation.y", y, "Y")),
    )


def _correlate(x: Array, w: Array, stride: int, padding: int) -> Array:
    """Return the output (H', W') of the library's layer for one image and one filter."""
    layer = Conv2d(
        len(x), 1, w.shape[1:], stride, padding, bias=False, init="zeros", dtype=np.float64
    )
    layer.weight[0] = w
    return layer.forward(x[np.newaxis])[0, 0]


def _places(at: Rows | None, y: Array, w: Array) -> list[tuple[int, int]]:
    """Return the entries to write out."""
    if at is None:
        return list(np.ndindex(y.shape)) if max(y.size, w.size) <= FEW else []
    places = []
    for place in at:
        if len(place) != 2:
            raise ShapeError(f"conv: --at has {len(place)} numbers, expected a row and a column")
        i, j = int(place[0]), int(place[1])
        if i >= y.shape[0] or j >= y.shape[1]:
            raise ArgumentError(
                f"conv: --at {i},{j} is outside the output of {y.shape[0]} x {y.shape[1]}; rows "
                "and columns are counted from 0"
            )
        places.append((i, j))
    return list(dict.fromkeys(places))


def _window(padded: Array, w: Array, stride: int, i: int, j: int) -> Array:
    _, kh, kw = w.shape
    return padded[:, stride * i : stride * i + kh, stride * j : stride * j + kw]


def _times(stride: int, index: str) -> str:
    return index if stride == 1 else f"{stride} {index}"


def _flat(x: Array) -> Array:
    """Return one channel as a matrix, more as they are."""
    return x[0] if len(x) == 1 else x
