"""How activations change with depth in a network that nobody has trained yet, and in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import Module, Sequential
from ..training.outputs import layer_outputs
from .words import listed, sentence

Array = NDArray[Any]

VANISHED, HELD = 0.01, 0.5  # of the first layer's deviation in the last: below, and from here on
AS_SAID = 0.15  # how far a measured factor may be from the one that theory says, relatively


class Signal(NamedTuple):
    """Mean and standard deviation of the activations of each hidden layer, the first one first.

    `gains` has fan_in var(w) for each of these layers: a linear one multiplies the variance by it.
    """

    means: tuple[float, ...]
    stds: tuple[float, ...]
    gains: tuple[float, ...]

    @property
    def sizes(self) -> Array:
        """The root mean square of each layer's activations."""
        return np.hypot(self.means, self.stds)

    @property
    def ratio(self) -> float:
        """The last layer's deviation, as a share of the first one's."""
        return self.stds[-1] / self.stds[0] if self.stds[0] else 0.0

    @property
    def change(self) -> str:
        """What becomes of the deviation: "is 0", "vanishes", "shrinks", "holds", or "grows"."""
        if not any(self.stds):
            return "is 0"
        if self.ratio < VANISHED:
            return "vanishes"
        return "shrinks" if self.ratio < HELD else "holds" if self.ratio <= 1 / HELD else "grows"

    @property
    def factor(self) -> float:
        """By what each layer after the first multiplies the size, in the geometric mean."""
        if not self.sizes[0]:
            return 0.0
        return float((self.sizes[-1] / self.sizes[0]) ** (1 / (len(self.stds) - 1)))

    def theory(self, kept: float) -> float:
        """Return what `factor` should be, where an activation keeps so much of a mean square."""
        return float(np.sqrt(kept * np.prod(self.gains[1:]) ** (1 / (len(self.gains) - 1))))

    def as_said(self, kept: float) -> bool:
        """Tell whether `factor` is what it should be."""
        return abs(self.factor / self.theory(kept) - 1) <= AS_SAID


def signal(model: Module, twin: Sequential, x: Array) -> Signal:
    """Measure a network on x (N, D): dense layers with activations of one kind between them.

    `twin` is the library's own network of the same weights, or the same network.
    """
    *hidden, _ = [y for _, y in layer_outputs(model, x)]  # the last one gives scores
    activations = hidden[1::2]
    weights = [layer.weight for layer in twin if hasattr(layer, "weight")][:-1]
    return Signal(
        means=tuple(float(y.mean(dtype=np.float64)) for y in activations),
        stds=tuple(float(y.std(dtype=np.float64)) for y in activations),
        gains=tuple(float(w.shape[1] * np.mean(w.astype(np.float64) ** 2)) for w in weights),
    )


def depth(signals: Mapping[str, Signal]) -> list[str]:
    """Say which initializations make activations vanish with depth, and which hold them."""
    layers = len(next(iter(signals.values())).stds)
    by_change: dict[str, list[str]] = {}
    for method, found in signals.items():
        by_change.setdefault(found.change, []).append(method)

    def fall(method: str) -> str:
        first, last = signals[method].stds[0], signals[method].stds[-1]
        return f"{method} {first:.3g} to {last:.3g}"

    vanishing = []
    if "vanishes" in by_change:
        falls = "; ".join(map(fall, by_change["vanishes"]))
        vanishing.append(f"the deviation vanishes from layer 1 to layer {layers} ({falls})")
    if "is 0" in by_change:
        vanishing.append(f"with {listed(by_change['is 0'])} every activation is 0")
    sentences = [sentence("; ".join(vanishing))] if vanishing else []
    others = [
        f"it {change} with {listed(by_change[change])} ({'; '.join(map(fall, by_change[change]))})"
        for change in ("holds", "shrinks", "grows")
        if change in by_change
    ]
    if others:
        sentences.append(sentence("; ".join(others).replace("it ", "The deviation ", 1)))
    return sentences


def why_xavier(signals: Mapping[str, Signal]) -> list[str]:
    """Say why Xavier's weights suit tanh and sigmoid, as far as the numbers bear it out."""
    small, xavier = signals["small_random"], signals["xavier"]
    sentences = []
    if small.as_said(1):
        sentences.append(
            "Near 0 tanh is almost the identity, so a layer multiplies the deviation by "
            f"sqrt(fan_in var(w)): with small_random that is {small.theory(1):.3f} (measured "
            f"{small.factor:.3f} a layer), with xavier {xavier.theory(1):.3f} (measured "
            f"{xavier.factor:.3f})."
        )
    else:
        sentences.append(
            f"If tanh were the identity, small_random would multiply the deviation by "
            f"{small.theory(1):.3f} a layer; measured is {small.factor:.3f}."
        )
    if xavier.change == "holds" and abs(xavier.theory(1) - 1) <= AS_SAID:
        sentences.append(
            "Xavier's 2 / (fan_in + fan_out) makes that about 1, forwards and backwards at once; "
            "tanh and sigmoid both have a nearly straight middle and flat ends, and what neither "
            "vanishes nor grows stays in the middle, where there is a slope to learn from."
        )
    else:
        sentences.append(
            "Xavier's 2 / (fan_in + fan_out) is made to keep the deviation where an activation is "
            f"nearly straight, as tanh and sigmoid are in the middle; in this run it "
            f"{xavier.change}."
        )
    return sentences


def relu_against_tanh(relu: Mapping[str, Signal], tanh: Mapping[str, Signal]) -> list[str]:
    """Say how the activations of ReLU differ from those of tanh."""
    alive = {method: found for method, found in relu.items() if any(found.stds)}
    if not alive:
        return ["With ReLU every activation of every network is 0."]
    largest = max(abs(mean) for found in tanh.values() for mean in found.means)
    means = listed([f"{method} {found.means[-1]:.3g}" for method, found in alive.items()])
    shares = listed(
        [f"{m} {found.ratio:.3g} (tanh {tanh[m].ratio:.3g})" for m, found in alive.items()]
    )
    return [
        f"ReLU lets nothing negative through, so the means are above 0: {means} in the last layer; "
        f"with tanh no mean of any layer is farther from 0 than {largest:.2g}. As a share of the "
        f"first layer's, the deviation of the last layer is: {shares}."
    ]


def why_he(relu: Mapping[str, Signal]) -> str:
    """Say why He's weights were made for ReLU, as far as the numbers bear it out."""
    he, xavier = relu["he"], relu["xavier"]
    halves = (
        "ReLU sets half of the net inputs to 0 and with them half of the mean square, so a layer "
        "multiplies the root mean square by sqrt(fan_in var(w) / 2)"
    )
    measured = (
        f"{xavier.theory(0.5):.3f} with xavier (measured {xavier.factor:.3f}) and "
        f"{he.theory(0.5):.3f} with he (measured {he.factor:.3f})"
    )
    if he.as_said(0.5) and xavier.as_said(0.5):
        return f"{halves}: {measured}; He's 2 / fan_in was made to give back that half."
    return (
        f"He's 2 / fan_in was made for this: {halves}, {measured}; the network of this run is too "
        "narrow, or its data too far from that, to show it."
    )
