"""The layers of convolutional networks in NumPy: whole batches, channels last, arrays used again.

Each has `forward(x, training)` and, for what `forward` saw last, `backward(g)`, which fills
`gradients` and returns dL/dx; both may write over what they are given. `parameters` are what is
trained; `shown` the same in PyTorch's shapes, followed by what is tracked.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .. import networks
from ..networks import NORM_EPSILON, NORM_MOMENTUM
from ..workloads import SEED_OF_MASKS

Array = Any


class Layer:
    """What all share: arrays that a batch of the same size finds again."""

    def __init__(self, *parameters: Array) -> None:
        self.parameters = list(parameters)
        self.gradients = [np.empty_like(p) for p in parameters]
        self.shown, self.tracked = self.parameters, list[Array]()
        self._arrays: dict[Any, Array] = {}

    def forward(self, x: Array, training: bool) -> Array:
        """Return y."""
        raise NotImplementedError

    def backward(self, g: Array) -> Array:
        """Return dL/dx from g = dL/dy."""
        raise NotImplementedError

    def zeros(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return an array of zeros when it is asked for first, and then as it was left."""
        key = name, shape
        if key not in self._arrays:
            self._arrays[key] = np.zeros(shape, dtype)
        return self._arrays[key]


class Dense(Layer):
    """y = x W^T + b."""

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W.copy(), b.copy())

    def forward(self, x: Array, training: bool) -> Array:
        """Return y."""
        (W, b), self.x = self.parameters, x
        y = np.matmul(x, W.T, out=self.zeros("y", (len(x), len(b)), x.dtype))
        y += b
        return y

    def backward(self, g: Array) -> Array:
        """Return g W."""
        np.matmul(g.T, self.x, out=self.gradients[0])
        g.sum(axis=0, out=self.gradients[1])
        return np.matmul(g, self.parameters[0], out=self.zeros("g", self.x.shape, g.dtype))


class Conv(Layer):
    """Every window of the batch a row, every filter a column: one product ("im2col")."""

    def __init__(self, W: Array, b: Array, padding: int, *, first: bool) -> None:
        super().__init__(np.ascontiguousarray(W.transpose(2, 3, 1, 0)), b.copy())
        self.shown = [self.parameters[0].transpose(3, 2, 0, 1), self.parameters[1]]
        self.padding, self.first = padding, first  # the first returns no dL/dx

    def forward(self, x: Array, training: bool) -> Array:
        """Return y (N, H', W', O) from x (N, H, W, C)."""
        W, b = self.parameters
        k, p, (n, height, width, channels) = len(W), self.padding, x.shape
        padded = self.zeros("x", (n, height + 2 * p, width + 2 * p, channels), x.dtype)
        padded[:, p : p + height, p : p + width] = x  # the margins stay zero
        windows = sliding_window_view(padded, (k, k), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        self.windows = self.zeros("windows", windows.shape, x.dtype)  # (N, H', W', k, k, C)
        np.copyto(self.windows, windows)
        y = self.zeros("y", (*windows.shape[:3], len(b)), x.dtype)
        np.matmul(_rows(self.windows, W[..., 0].size), _rows(W, len(b)), out=_rows(y, len(b)))
        y += b
        return y

    def backward(self, g: Array) -> Array:
        """Return dL/dx: what each window got, added up where windows overlap ("col2im")."""
        W = self.parameters[0]
        k, p, (n, height, width, outputs) = len(W), self.padding, g.shape
        windows, g = _rows(self.windows, W[..., 0].size), _rows(g, outputs)
        np.matmul(windows.T, g, out=_rows(self.gradients[0], outputs))
        np.matmul(np.ones(len(g), g.dtype), g, out=self.gradients[1])
        if self.first:
            return None
        np.matmul(g, _rows(W, outputs).T, out=windows)  # which have served
        padded = self.zeros("g", (n, height + k - 1, width + k - 1, W.shape[2]), g.dtype)
        padded.fill(0)
        for i in range(k):
            for j in range(k):
                padded[:, i : i + height, j : j + width] += self.windows[:, :, :, i, j]
        return padded[:, p : padded.shape[1] - p, p : padded.shape[2] - p]


class Pool(Layer):
    """The largest of every window, windows side by side."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Array, training: bool) -> Array:
        """Return y."""
        first, *others = self.taps(x)
        self.x, self.y = x, self.zeros("y", first.shape, x.dtype)
        np.copyto(self.y, first)
        for other in others:
            np.maximum(self.y, other, out=self.y)
        return self.y

    def backward(self, g: Array) -> Array:
        """Return dL/dx: g where x was the largest, the first of several."""
        grad = self.zeros("g", self.x.shape, g.dtype)  # zeros where no window reaches
        free = np.ones(g.shape, bool)
        for x, room in zip(self.taps(self.x), self.taps(grad), strict=True):
            won = np.equal(x, self.y)
            won &= free
            free ^= won
            np.multiply(g, won, out=room)
        return grad

    def taps(self, x: Array) -> list[Array]:
        """Return the views of x that hold the same place of every window."""
        s, (_, height, width, _) = self.size, x.shape
        height, width = height // s * s, width // s * s
        return [x[:, i:height:s, j:width:s] for i in range(s) for j in range(s)]


class Norm(Layer):
    """Batch norm: every channel over the batch and all pixels."""

    def __init__(self, weight: Array, bias: Array) -> None:
        super().__init__(weight.copy(), bias.copy())
        self.tracked = [np.zeros_like(bias), np.ones_like(weight)]

    def forward(self, x: Array, training: bool) -> Array:
        """Return u weight + bias, u = (x - mean) r, r = 1 / sqrt(variance + epsilon)."""
        weight, bias = self.parameters
        mean, variance = self.tracked
        rows = _rows(x, len(bias))
        n = len(rows)
        if training:
            mean = rows.mean(axis=0)
        u = np.subtract(rows, mean, out=self.zeros("u", rows.shape, x.dtype))
        y = self.zeros("y", x.shape, x.dtype)
        if training:
            variance = np.multiply(u, u, out=_rows(y, len(bias))).mean(axis=0)
            for tracked, new in zip(self.tracked, (mean, variance * n / (n - 1)), strict=True):
                tracked += NORM_MOMENTUM * (new - tracked)
        self.u, self.r = u, 1 / np.sqrt(variance + NORM_EPSILON)
        u *= self.r
        np.multiply(u.reshape(x.shape), weight, out=y)
        y += bias
        return y

    def backward(self, g: Array) -> Array:
        """Return dL/dx = weight r (g - mean(g) - u mean(g u)) in training."""
        weight, bias = self.parameters
        rows = _rows(g, len(bias))
        grad = np.multiply(rows, self.u, out=self.zeros("g", rows.shape, g.dtype))
        grad.sum(axis=0, out=self.gradients[0])
        rows.sum(axis=0, out=self.gradients[1])
        np.multiply(self.u, self.gradients[0] / -len(rows), out=grad)
        grad += rows
        grad -= self.gradients[1] / len(rows)
        grad *= weight * self.r
        return grad.reshape(g.shape)


class ReLU(Layer):
    """y = max(x, 0)."""

    def forward(self, x: Array, training: bool) -> Array:
        """Return y, over x."""
        self.y = np.maximum(x, 0, out=x)
        return self.y

    def backward(self, g: Array) -> Array:
        """Return g where y is not 0, over g."""
        g *= np.greater(self.y, 0)
        return g


class Dropout(Layer):
    """In training, zeros with probability p and everything else divided by 1 - p."""

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        super().__init__()
        self.p, self.rng = p, rng

    def forward(self, x: Array, training: bool) -> Array:
        """Return y."""
        if not training:
            return x
        kept = self.rng.random(x.shape, np.float32) >= self.p
        self.mask = np.multiply(kept, x.dtype.type(1 / (1 - self.p)))
        return np.multiply(x, self.mask, out=self.zeros("y", x.shape, x.dtype))

    def backward(self, g: Array) -> Array:
        """Return what went through."""
        g *= self.mask
        return g


class Flatten(Layer):
    """(N, H, W, C) as rows (N, C H W): channel after channel, as the weights expect them."""

    def forward(self, x: Array, training: bool) -> Array:
        """Return y."""
        self.shape = x.shape
        return x.transpose(0, 3, 1, 2).reshape(len(x), -1)

    def backward(self, g: Array) -> Array:
        """Return dL/dx."""
        n, height, width, channels = self.shape
        return np.ascontiguousarray(g.reshape(n, channels, height, width).transpose(0, 2, 3, 1))


def chain(layers: tuple[networks.Layer, ...], initial: list[tuple[Array, Array]]) -> list[Layer]:
    """Return the layers described, with these initial weights."""
    rng, weights, found = np.random.default_rng(SEED_OF_MASKS), iter(initial), list[Layer]()
    for layer in layers:
        match layer:
            case networks.Dense():
                found.append(Dense(*next(weights)))
            case networks.Conv(padding=padding):
                found.append(Conv(*next(weights), padding, first=not found))
            case networks.Norm():
                found.append(Norm(*next(weights)))
            case networks.Pool(size):
                found.append(Pool(size))
            case networks.Activation("relu"):
                found.append(ReLU())
            case networks.Dropout(p):
                found.append(Dropout(p, rng))
            case networks.Flatten():
                found.append(Flatten())
            case _:
                raise NotImplementedError(f"no {layer} by hand")
    return found


def _rows(x: Array, length: int) -> Array:
    """Return a contiguous array as rows of this length, the same memory."""
    return x.reshape(-1, length)
