"""The course's arithmetic in its literal form: one example, one update, nothing else."""

import numpy as np


def train(train, validation, epochs, hidden, flag, lr):
    """Return alpha, beta and a list of (train, validation) mean cross-entropies."""
    (x, y), features = train, train[0].shape[1]
    alpha, beta = (initial((hidden, features + 1), flag), initial((10, hidden + 1), flag))
    losses = []
    for epoch in range(epochs):
        np.random.seed(epoch)
        for i in np.random.permutation(len(x)):
            one_x = np.append(1.0, x[i])
            z = np.append(1.0, 1 / (1 + np.exp(-(alpha @ one_x))))
            p = softmax(beta @ z)
            d = p - (np.arange(10) == y[i])
            back = beta[:, 1:].T @ d * z[1:] * (1 - z[1:])
            beta, alpha = beta - lr * np.outer(d, z), alpha - lr * np.outer(back, one_x)
        losses.append(tuple(mean_loss(alpha, beta, *split) for split in (train, validation)))
    return alpha, beta, losses


def initial(shape, flag):
    if flag == 2:
        return np.zeros(shape)
    np.random.seed(shape[0] * shape[1])
    w = np.random.uniform(-0.1, 0.1, shape)
    w[:, 0] = 0
    return w


def softmax(b):
    e = np.exp(b - b.max())
    return e / e.sum()


def probabilities(alpha, beta, x):
    z = np.append(1.0, 1 / (1 + np.exp(-(alpha @ np.append(1.0, x)))))
    return softmax(beta @ z)


def mean_loss(alpha, beta, x, y):
    return np.mean([-np.log(probabilities(alpha, beta, a)[b]) for a, b in zip(x, y, strict=True)])
