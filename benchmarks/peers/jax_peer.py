"""JAX: an epoch is one compiled program, a `lax.scan` over its batches."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from ..workloads import Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the workload in JAX."""
    jax.config.update("jax_enable_x64", workload.dtype == "float64")
    if workload.optimizer is None:
        return Calls(workload, data)
    return Training(workload, data)


def scores(activation: str, layers: Any, x: Any) -> Any:
    """Return the scores of a batch."""
    *hidden, (W, b) = layers
    for V, c in hidden:
        x = ACTIVATIONS[activation](x @ V.T + c)
    return x @ W.T + b


def mean_loss(activation: str, layers: Any, x: Any, y: Any) -> Any:
    """Return the mean cross-entropy of a batch."""
    log_p = jax.nn.log_softmax(scores(activation, layers, x))
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()


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
        return p - workload.lr * (m / c1) / (jnp.sqrt(v / c2) + 1e-8)

    return tree_map(step, layers, m, v), (m, v, t)


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def epoch(
    workload: Workload, layers: Any, state: Any, x: Any, y: Any, order: Any, held_out: Any
) -> Any:
    """Return layers, state and figures after an epoch in this order."""

    def step(carry: Any, rows: Any) -> Any:
        layers, state = carry
        loss = partial(mean_loss, workload.activation)
        value, gradients = jax.value_and_grad(loss)(layers, x[rows], y[rows])
        return update(workload, layers, state, gradients), value

    full = len(order) // workload.batch * workload.batch
    batches = order[:full].reshape(-1, workload.batch)
    carry, values = lax.scan(step, (layers, state), batches)
    total = values.sum() * workload.batch
    if full < len(order):
        carry, value = step(carry, order[full:])
        total += value * (len(order) - full)
    layers, state = carry
    figures = [total / len(order)]
    for inputs, labels in [(x, y), held_out] if workload.held_out else []:
        z = scores(workload.activation, layers, inputs)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], axis=1)
        figures += [-log_p.mean(), (z.argmax(axis=1) != labels).mean(dtype=z.dtype)]
    return layers, state, jnp.stack(figures)


class Training:
    """Training by whole epochs."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.workload, self.order = workload, make_order()
        self.x, self.y = jnp.asarray(data.x), jnp.asarray(data.y)
        self.held_out = jnp.asarray(data.held_out_x), jnp.asarray(data.held_out_y)
        self.layers: Any = [(jnp.array(W), jnp.array(b)) for W, b in data.layers]

        def zeros() -> Any:
            return jax.tree_util.tree_map(jnp.zeros_like, self.layers)

        self.state: Any = (zeros(), zeros(), jnp.zeros((), workload.dtype))
        if workload.optimizer == "sgd":
            self.state = ()

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return [np.asarray(p) for layer in self.layers for p in layer]

    def run(self) -> list[float]:
        """Train for one epoch; the figures are fetched, so it is over when they are here."""
        order = self.order.permutation(len(self.x))
        self.layers, self.state, figures = epoch(
            self.workload, self.layers, self.state, self.x, self.y, order, self.held_out
        )
        return np.asarray(figures).tolist()


class Calls(Inference):
    """Inference; every call waits for its scores."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.layers = [(jnp.array(W), jnp.array(b)) for W, b in data.layers]
        self.call = jax.jit(partial(scores, workload.activation))

    def convert(self, x: Any) -> Any:
        """Return a JAX array."""
        return jnp.asarray(x)

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch."""
        return self.call(self.layers, x).block_until_ready()

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return [np.asarray(p) for layer in self.layers for p in layer]
