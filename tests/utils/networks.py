"""The networks of these tests: the library's layers in the shape of the course's network."""

from itertools import pairwise

import numpy as np

from mytorch.nn import Linear, ReLU, Sequential

P6 = (784, 128, 64, 10)


def mlp(widths, seed=0, activation=ReLU, mutant=None, dtype=np.float32):
    """Linear layers of these widths and activations between them.

    A mutant, a subclass of Linear or of an activation, stands in for the second layer of its
    kind: it has layers before it, whose gradients it spoils, and layers after it.
    """
    rng = np.random.default_rng(seed)
    layers = []
    for position, (features, outputs) in enumerate(pairwise(widths)):
        kinds = [Linear, activation]
        if mutant is not None and position == 1:
            kinds[0 if issubclass(mutant, Linear) else 1] = mutant
        layers += [kinds[0](features, outputs, rng=rng, dtype=dtype), kinds[1]()]
    return Sequential(layers[:-1])


def batch(widths, samples=5, seed=0):
    """Random inputs, and labels for them."""
    rng = np.random.default_rng((seed, 1))
    return rng.standard_normal((samples, widths[0])), rng.integers(0, widths[-1], samples)
