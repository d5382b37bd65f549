"""An epoch on the real MNIST, ours and PyTorch's: the same weights and the same batches."""

import numpy as np
import pytest

from mytorch.data import load
from mytorch.nn import SGD, Adam, Linear, ReLU, Sequential, SoftmaxCrossEntropy
from mytorch.training import StepRecord, fit

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize(("kind", "lr"), [(SGD, 0.1), (Adam, 1e-3)])
def test_after_an_epoch_of_mnist_the_parameters_are_torchs(real_data, kind, lr, kernels):
    if kernels == "numba":
        pytest.importorskip("numba")
    images, labels = load("mnist").train
    x = images.reshape(len(images), -1) / 255.0  # float64
    y = labels.astype(np.int64)
    rng = np.random.default_rng(0)
    sizes = {"dtype": np.float64, "rng": rng, "init": "he_normal"}
    ours = Sequential(
        *(Linear(784, 128, **sizes), ReLU(), Linear(128, 64, **sizes), ReLU()),
        Linear(64, 10, **sizes),
    )
    theirs = torch.nn.Sequential(
        *(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU()),
        torch.nn.Linear(64, 10),
    ).double()
    theirs.load_state_dict({k: torch.from_numpy(p) for k, p in ours.state_dict().items()})

    optimizer = kind(ours.get_parameters(), lr=lr)
    order = np.random.default_rng(1)
    records = fit(
        *(ours, SoftmaxCrossEntropy(), optimizer, (x, y)), epochs=1, rng=order, kernels=kernels
    )
    losses = [r.loss for r in records if isinstance(r, StepRecord)]

    their_optimizer = getattr(torch.optim, kind.__name__)(theirs.parameters(), lr=lr)
    their_losses, tx, ty = [], torch.from_numpy(x), torch.from_numpy(y)
    for rows in np.array_split(np.random.default_rng(1).permutation(60_000), range(64, 60_000, 64)):
        value = torch.nn.functional.cross_entropy(theirs(tx[rows]), ty[rows])
        their_optimizer.zero_grad()
        value.backward()
        their_optimizer.step()
        their_losses.append(value.item())

    assert len(losses) == 938
    np.testing.assert_allclose(losses, their_losses, rtol=0, atol=1e-9)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        q = q.detach().numpy()
        assert np.abs(p - q).max() <= 1e-9 * np.abs(q).max(), name
