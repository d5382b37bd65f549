"""What is said about the mistakes of a classifier: sentences that its numbers support."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..training import EpochRecord
from ..training.judgement import RISE
from ..training.mistakes import CONFIDENT, Confusion, Quadrant

Array = NDArray[Any]

MARGIN = 0.1  # of two shares, above which one is said to be larger
MORE = 1.2  # times as many training examples are said to be more


def confused(found: Sequence[Confusion], counts: Array, classes: Sequence[str]) -> str:
    """Say which classes are confused most."""
    if not found:
        return "No test image is taken for another class."
    parts = [
        f"{classes[true]} taken for {classes[predicted]} ({count:,} of {counts[true].sum():,})"
        for true, predicted, count in found
    ]
    text = f"Most confused: {', then '.join(parts)}."
    pairs = {frozenset(one[:2]) for one in found}
    if len(pairs) < len(found):
        text += " The first two are the same two classes, the two ways round."
    elif len(pairs) == 1:
        text += " No other two classes are confused."
    return text


class Weakest(NamedTuple):
    """The class with the lowest recall, and the evidence on what it is mistaken for.

    `missed` and `recognised` count its test images; `taken_for` is the class that most of those
    missed were taken for, `times` how many. Of these and of those recognised, `like` and
    `like_anyway` are the shares that lie nearer to the mean training image of that class than to
    that of their own; `more` is how many training images that class has for each of its own. None
    stands for what there is no image to know from. `shown` counts the images shown, `shown_as`
    those taken for that class.
    """

    name: str
    recognised: int
    missed: int
    taken_for: str
    times: int
    like: float | None
    like_anyway: float | None
    more: float | None
    shown: int
    shown_as: int


def hypothesis(weak: Weakest | None) -> list[str]:
    """Say what the class with the lowest recall is mistaken for, and what may be the reason."""
    if weak is None:
        return ["Every class has a recall of 1: nothing is missed."]
    n, other = weak.recognised + weak.missed, weak.taken_for
    sentences = [
        f"The class with the lowest recall is {weak.name}, with {weak.recognised / n:.3f}: of "
        f"{n:,} images {weak.missed:,} are missed, {weak.times:,} of them "
        f"({weak.times / weak.missed:.0%}) taken for {other}, as are {weak.shown_as} of the "
        f"{weak.shown} shown."
    ]
    reasons = []
    if weak.like is not None:
        nearer = (
            f"{weak.like:.0%} lie nearer to the mean training image of {other} than to their own"
        )
        anyway = (
            "" if weak.like_anyway is None else f"; of those recognised, {weak.like_anyway:.0%} do"
        )
        sentences.append(f"Of those taken for {other}, {nearer}{anyway}.")
        if weak.like > (weak.like_anyway or 0) + MARGIN:
            reasons.append(
                f"they look, as a whole, more like {other} than the others of their class"
            )
    if weak.more is None:
        reasons.append("the network was trained on no image of their class")
    elif weak.more > MORE:
        reasons.append(
            f"{other} has {weak.more:.1f} times as many training images, so that in doubt it is "
            "the better guess"
        )
    if not reasons:
        reasons.append(f"they share with {other} what a mean image does not show")
    sentences.append(f"Hypothesis: {', and '.join(reasons)}.")
    return sentences


class Overconfidence(NamedTuple):
    """What is known of a classifier's confident mistakes.

    `pairs` holds (true, predicted) for each; `like_predicted` and `like_true` count those whose
    nearest training image is of the predicted and of the true class. `confidence` is the mean of
    the largest probability over all `examples`, `accuracy` the share that is right.
    """

    examples: int
    wrong: int
    confident: int
    pairs: Sequence[tuple[str, str]]
    like_predicted: int
    like_true: int
    confidence: float
    accuracy: float


def overconfidence(facts: Overconfidence, epochs: Sequence[EpochRecord]) -> list[str]:
    """Say what marks the confident mistakes, and why the network is overconfident there."""
    n, limit = len(facts.pairs), f"a probability above {CONFIDENT:g}"
    if not n:
        wrong = f"{facts.wrong:,} test {'image is' if facts.wrong == 1 else 'images are'} wrong"
        sentences = [f"{wrong}, and none of them with {limit}."]
    else:
        (true, predicted), times = Counter(facts.pairs).most_common(1)[0]
        are = "is" if n == 1 else "are"
        sentences = [
            f"Of {facts.examples:,} test images {n:,} {are} wrong with {limit}, which is "
            f"{n / facts.wrong:.1%} of all mistakes and {n / facts.confident:.1%} of the "
            f"{facts.confident:,} predictions that are as confident; the most of one kind, "
            f"{times:,}, {'is' if times == 1 else 'are'} {true} taken for {predicted}."
        ]
        mark = (
            f"the nearest training image is of the class predicted for {facts.like_predicted:,} of "
            f"these {n:,}, and of the true class for {facts.like_true:,}"
        )
        if facts.like_predicted > n / 2:
            sentences.append(
                f"What marks them is what they look like: {mark}, so that the network was taught "
                "the wrong label for what is most like them."
            )
        elif facts.like_predicted > facts.like_true:
            sentences.append(f"What they look like is a part of it: {mark}.")
        else:
            sentences.append(f"It is not their neighbours that mislead: {mark}.")
    sentences.append(_as_a_whole(facts))
    sentences.append(_over_the_epochs(epochs))
    return sentences


def _as_a_whole(facts: Overconfidence) -> str:
    excess = facts.confidence - facts.accuracy
    chance = 2 * float(np.sqrt(facts.accuracy * (1 - facts.accuracy) / facts.examples))
    both = (
        f"the mean probability of what it predicts is {facts.confidence:.3f}, and "
        f"{facts.accuracy:.3f} of it is right"
    )
    if excess > chance:
        return f"On the whole the network is too sure: {both}, an excess of {excess:.3f}."
    if excess < -chance:
        return f"On the whole the network is not sure enough: {both}."
    return f"On the whole the network is as sure as it should be: {both}."


def _over_the_epochs(epochs: Sequence[EpochRecord]) -> str:
    losses = [float(e.validation_loss or 0) for e in epochs]
    best, last = epochs[int(np.argmin(losses))], epochs[-1]
    lowest, final = min(losses), losses[-1]
    if final <= (1 + RISE) * lowest or last.train_loss >= best.train_loss:
        return (
            f"The validation loss ends at {final:.3f}, its lowest is {lowest:.3f}: no sign that "
            "longer training has made mistakes more confident."
        )
    before, after = (float(e.validation_accuracy or 0) for e in (best, last))
    more = "surer mistakes, and not more," if after >= before else "more mistakes, or surer ones,"
    return (
        f"Why: since epoch {best.epoch} the training loss fell from {best.train_loss:.3f} to "
        f"{last.train_loss:.3f}, while the validation loss rose from {lowest:.3f} to {final:.3f} "
        f"and the validation accuracy went from {before:.3f} to {after:.3f}: {more} are what "
        "the fit to the training images cost."
    )


def too_few(quadrants: Sequence[Quadrant], wanted: int) -> list[str]:
    """Say which quadrants have fewer images than are to be shown."""
    found = []
    for quadrant in quadrants:
        n = len(quadrant.rows)
        if n < wanted:
            are = "Only 1 test image is" if n == 1 else f"Only {n} test images are"
            found.append(f"{are if n else 'No test image is'} {quadrant.name}.")
    return found
