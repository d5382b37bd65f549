"""What a perceptron's training tells about itself."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

Weights = tuple[NDArray[Any], float]  # w (inputs,), b


class Learning(NamedTuple):
    """How the training of a perceptron went.

    Attributes
    ----------
    converged
        Whether the last weights have every example right.
    passes
        How many were made, with the one that found none wrong where there was such a pass.
    errors
        How many examples were wrong, at the start and after each update.
    best, last
        The weights with the fewest errors, the first of equals, and the last ones.
    """

    converged: bool
    passes: int
    errors: list[int]
    best: Weights
    last: Weights

    def verdict(self, examples: int) -> str:
        """Return in words how it went, with so many examples."""
        passes = f"{self.passes:,} pass{'es' if self.passes > 1 else ''}"
        made = len(self.errors) - 1
        updates = f"{made:,} update{'s' if made != 1 else ''}"
        if self.converged:
            return f"converged in {passes}, {updates}; all {examples} are right"
        return (
            f"did not converge in {passes}, {updates}; the best weights are wrong on "
            f"{min(self.errors)} of {examples}, the last ones on {self.errors[-1]}"
        )
