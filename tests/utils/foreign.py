"""Layers as a student may write them: plain classes with the four methods and nothing else."""

import numpy as np


class Function:
    """A layer without parameters."""

    def get_parameters(self):
        return []

    def get_gradients(self):
        return []


class Floats(Function):
    """y = x, into an array of floats: what stands beside it computes in no complex numbers."""

    def forward(self, x):
        return np.array(x, dtype=float)

    def backward(self, g):
        return g


class Chain:
    """Layers one after another."""

    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, g):
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g

    def get_parameters(self):
        return [p for layer in self.layers for p in layer.get_parameters()]

    def get_gradients(self):
        return [g for layer in self.layers for g in layer.get_gradients()]


class Linear:
    """Y = X W + b, with W (in, out)."""

    def __init__(self, features, outputs, rng, std=0.5):
        self.W = rng.normal(0, std, (features, outputs))
        self.b = rng.normal(0, 0.1, outputs)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW, self.db = self.x.T @ g, g.sum(axis=0)
        return g @ self.W.T

    def get_parameters(self):
        return [self.W, self.b]

    def get_gradients(self):
        return [self.dW, self.db]


class ReLU(Function):
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, g):
        return g * self.positive


class Sigmoid(Function):
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
        return self.y

    def backward(self, g):
        return g * self.y * (1 - self.y)


class Tanh(Function):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y**2)


class Softmax(Function):
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=1, keepdims=True))


class BatchNorm1d:
    """y = gamma (x - mean) / std + beta, with the statistics of the batch."""

    def __init__(self, features):
        self.gamma, self.beta = np.linspace(0.5, 1.5, features), np.linspace(-1, 1, features)

    def forward(self, x):
        centred = x - x.mean(axis=0)
        self.std = np.sqrt((centred * centred).mean(axis=0) + 1e-5)
        self.normal = centred / self.std
        return self.gamma * self.normal + self.beta

    def backward(self, g):
        self.dgamma, self.dbeta = (g * self.normal).sum(axis=0), g.sum(axis=0)
        g = g * self.gamma
        along_variance = self.normal * (g * self.normal).mean(axis=0)
        return (g - g.mean(axis=0) - along_variance) / self.std

    def get_parameters(self):
        return [self.gamma, self.beta]

    def get_gradients(self):
        return [self.dgamma, self.dbeta]


class MaxPool2d(Function):
    """The maximum of every 3x3 window, two steps apart: neighbours share a row or a column."""

    size, stride = 3, 2

    def windows(self, x):
        for i in range(0, x.shape[2] - self.size + 1, self.stride):
            for j in range(0, x.shape[3] - self.size + 1, self.stride):
                yield i, j, x[:, :, i : i + self.size, j : j + self.size]

    def forward(self, x):
        self.x = x
        n, channels, height, width = x.shape
        steps = [(length - self.size) // self.stride + 1 for length in (height, width)]
        maxima = [window.max(axis=(2, 3)) for _, _, window in self.windows(x)]
        return np.stack(maxima, axis=-1).reshape(n, channels, *steps)

    def backward(self, g):
        dx = np.zeros_like(self.x)
        for i, j, window in self.windows(self.x):
            chosen = window == window.max(axis=(2, 3), keepdims=True)
            upstream = g[:, :, i // self.stride, j // self.stride, None, None]
            self.give(dx[:, :, i : i + self.size, j : j + self.size], chosen, upstream)
        return dx

    def give(self, dx, chosen, upstream):
        dx += chosen * upstream


class Dropout(Function):
    """Half of the inputs, twice as large; which, `draw` decides."""

    def forward(self, x):
        self.mask = 2.0 * (self.draw(x.shape) < 0.5)
        return x * self.mask

    def backward(self, g):
        return g * self.mask


class OwnDropout(Dropout):
    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def draw(self, shape):
        return self.rng.random(shape)


class GlobalDropout(Dropout):
    def draw(self, shape):
        return np.random.random(shape)


class FreshDropout(Dropout):
    def draw(self, shape):
        return np.random.default_rng().random(shape)


# Mistakes


class MaskFromUpstream(ReLU):
    def backward(self, g):
        return g * (g > 0)


class WithoutVarianceTerm(BatchNorm1d):
    def backward(self, g):
        super().backward(g)
        g = g * self.gamma
        return (g - g.mean(axis=0)) / self.std
