"""JAX: an epoch is one compiled program, a `lax.scan` over its batches.

With convolutions it calls a compiled step instead: in a loop, XLA compiles their gradients for
processors to something many times slower.

Images are channels-last, as XLA likes them on a processor.
"""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from ..networks import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    Activation,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Network,
    Norm,
    Pool,
)
from ..workloads import SEED_OF_MASKS, Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
LAYOUT = "NHWC", "HWIO", "NHWC"


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the workload in JAX."""
    jax.config.update("jax_enable_x64", workload.dtype == "float64")
    if workload.optimizer is None:
        return Calls(workload, data)
    return Training(workload, data, mode)


def scores(
    network: Network, layers: Any, tracked: Any, x: Any, *, training: bool = False, key: Any = None
) -> tuple[Any, Any]:
    """Return the scores of a batch, and what batch norms track after it."""
    weights, before, after = iter(layers), iter(tracked), []
    for layer in network.layers:
        match layer:
            case Dense():
                W, b = next(weights)
                x = x @ W.T + b
            case Conv(padding=p):
                W, b = next(weights)
                padding = [(p, p), (p, p)]
                x = lax.conv_general_dilated(x, W, (1, 1), padding, dimension_numbers=LAYOUT) + b
            case Activation(function):
                x = ACTIVATIONS[function](x)
            case Pool(size):
                window = 1, size, size, 1
                x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
            case Norm():
                x, statistics = normalize(x, next(weights), next(before), training)
                after.append(statistics)
            case Dropout(p) if training and p:
                key, now = jax.random.split(key)
                x = jnp.where(jax.random.bernoulli(now, 1 - p, x.shape), x / (1 - p), 0)
            case Flatten():
                x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    return x, after


def normalize(x: Any, layer: Any, tracked: Any, training: bool) -> tuple[Any, Any]:
    """Return the batch norm of x, and the mean and the variance tracked after it."""
    (weight, bias), (mean, variance) = layer, tracked
    if training:
        mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
        n = x.size // len(mean)
        new = mean, variance * (n / (n - 1))
        tracked = tuple(t + NORM_MOMENTUM * (s - t) for t, s in zip(tracked, new, strict=True))
    u = (x - mean) * lax.rsqrt(variance + NORM_EPSILON)
    return u * weight + bias, tracked


def mean_loss(
    network: Network, layers: Any, tracked: Any, x: Any, y: Any, key: Any
) -> tuple[Any, Any]:
    """Return the mean cross-entropy of a batch in training, and what batch norms track after it."""
    z, tracked = scores(network, layers, tracked, x, training=True, key=key)
    log_p = jax.nn.log_softmax(z)
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean(), tracked


def update(workload: Workload, layers: Any, state: Any, gradients: Any) -> tuple[Any, Any]:
    """Return the layers and the optimizer's state after a step."""
    tree_map = jax.tree_util.tree_map
    if workload.optimizer == "sgd":
        return tree_map(lambda p, g: p - workload.lr * g, layers, gradients), state
    (m, v, t), beta1, beta2 = state, 0.9, 0.999
    t = t + 1
    m = tree_map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradients)
    v = tree_map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradients)
    c1, c2 = 1 - beta1**t, 1 - beta2**t

    def step(p: Any, m: Any, v: Any) -> Any:
        return p - workload.lr * (m / c1) / (jnp.sqrt(v / c2) + workload.epsilon)

    return tree_map(step, layers, m, v), (m, v, t)


@partial(jax.jit, static_argnums=0, donate_argnums=1, inline=True)
def step(workload: Workload, carry: Any, x: Any, y: Any, batch: Any) -> tuple[Any, Any]:
    """Return (layers, state, tracked) after a batch, and its loss."""
    (layers, state, tracked), (rows, key) = carry, batch
    gradient = jax.value_and_grad(partial(mean_loss, workload.network), has_aux=True)
    (value, tracked), gradients = gradient(layers, tracked, x[rows], y[rows], key)
    return (*update(workload, layers, state, gradients), tracked), value


def epoch(
    workload: Workload, carry: Any, key: Any, x: Any, y: Any, order: Any, held_out: Any, loop: Any
) -> Any:
    """Return (layers, state, tracked), the next epoch's key, and figures, after one in this order.

    Masks are drawn from the key; without masks it is None.
    """

    def one(carry: Any, batch: Any) -> Any:
        return step(workload, carry, x, y, batch)

    count, rest = divmod(len(order), workload.batch)
    full = len(order) - rest
    first = last = None
    if key is not None:
        keys = jax.random.split(key, count + 2)
        key, last, first = keys[0], keys[1], keys[2:]
    batches = order[:full].reshape(-1, workload.batch)
    carry, values = loop(one, carry, (batches, first))
    total = values.sum() * workload.batch
    if rest:
        carry, value = one(carry, (order[full:], last))
        total += value * rest
    layers, _, tracked = carry
    figures = [total / len(order)]
    for inputs, labels in [(x, y), held_out] if workload.held_out else []:
        z, _ = scores(workload.network, layers, tracked, inputs)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], axis=1)
        figures += [-log_p.mean(), (z.argmax(axis=1) != labels).mean(dtype=z.dtype)]
    return carry, key, jnp.stack(figures)


def calls(one: Any, carry: Any, batches: Any) -> Any:
    """Do what `lax.scan` does, call by call."""
    rows, keys = batches
    values = []
    for number, of_batch in enumerate(rows):
        carry, value = one(carry, (of_batch, None if keys is None else keys[number]))
        values.append(value)
    return carry, jnp.stack(values)


EPOCHS: dict[str, Any] = {
    "scan": jax.jit(partial(epoch, loop=lax.scan), static_argnums=0, donate_argnums=1),
    "calls": partial(epoch, loop=calls),
}


class Training:
    """Training by whole epochs."""

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        self.workload, self.epoch, self.order = workload, EPOCHS[mode or "scan"], make_order()
        self.x, self.y = _ours(data.x), jnp.asarray(data.y)
        self.held_out = _ours(data.held_out_x), jnp.asarray(data.held_out_y)
        self.key = jax.random.key(SEED_OF_MASKS, impl="rbg") if workload.noisy else None
        layers = _layers(data)

        def zeros() -> Any:
            return jax.tree_util.tree_map(jnp.zeros_like, layers)

        state: Any = (zeros(), zeros(), jnp.zeros((), workload.dtype))
        if workload.optimizer == "sgd":
            state = ()
        self.carry: Any = layers, state, _tracked(workload)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        layers, _, tracked = self.carry
        return _parameters(layers, tracked)

    def run(self) -> list[float]:
        """Train for one epoch; the figures are fetched, so it is over when they are here."""
        order = self.order.permutation(len(self.x))
        self.carry, self.key, figures = self.epoch(
            self.workload, self.carry, self.key, self.x, self.y, order, self.held_out
        )
        return np.asarray(figures).tolist()


class Calls(Inference):
    """Inference; every call waits for its scores."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.layers, self.tracked = _layers(data), _tracked(workload)
        self.call = jax.jit(lambda *given: scores(workload.network, *given)[0])

    def convert(self, x: Any) -> Any:
        """Return a JAX array."""
        return _ours(x)

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch."""
        return self.call(self.layers, self.tracked, x).block_until_ready()

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return _parameters(self.layers, self.tracked)


def _ours(x: Any) -> Any:
    """Return images (N, C, H, W) as (N, H, W, C), and anything else as it is."""
    return jnp.asarray(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)


def _layers(data: Data) -> Any:
    """Return (W, b) of every layer, filters (O, C, kh, kw) as (kh, kw, C, O)."""
    return [
        (jnp.array(W.transpose(2, 3, 1, 0) if W.ndim == 4 else W), jnp.array(b))
        for W, b in data.layers
    ]


def _tracked(workload: Workload) -> Any:
    """Return mean and variance of every batch norm before the first batch."""
    norms = [layer for layer in workload.network.layers if isinstance(layer, Norm)]
    dtype = workload.dtype
    return [(jnp.zeros(norm.channels, dtype), jnp.ones(norm.channels, dtype)) for norm in norms]


def _parameters(layers: Any, tracked: Any) -> list[Any]:
    arrays = [np.asarray(array) for pair in [*layers, *tracked] for array in pair]
    return [a.transpose(3, 2, 0, 1) if a.ndim == 4 else a for a in arrays]
