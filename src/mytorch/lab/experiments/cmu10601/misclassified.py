"""Letters that were taken for others: which they are, and what their pictures say of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....courses.cmu10601.incorrect_finder import incorrect, table_as_text
from ....courses.cmu10601.initial import zero_init
from ....courses.cmu10601.neuralnet import labels_as_text
from ....reporting.figures import pictures
from ....reporting.runs import Run
from ....training import predict
from ....utils.errors import ArgumentError
from ....utils.files import write_text
from ...by_example import Settings, examples, network, train
from ...class_means import Mistake, Survey, class_means, mistake, survey
from ...config import check_at_least, check_one_of

Array = NDArray[Any]

SMOKE = {"data": "digits", "limit": 40}
QUESTION = (
    "Which three training rows with an index below 10 are misclassified, and what do their "
    "pictures say about the data?"
)
CAPTION = (
    "Left the misclassified example, then the mean of all training examples of its class, and of "
    "those of the class that it was taken for."
)
BELOW, SHOWN = 10, 3  # rows to choose from, and how many


@dataclass(frozen=True)
class Config(Settings):
    """The assignment's own example, 2 epochs of 4 units at zero: a training error of 0.73.

    Seed 0 is the course's own draws; `limit` takes the first so many examples of each split; `init`
    is zero or random.
    """

    epochs: int = 2
    hidden: int = 4
    init: str = "zero"
    lr: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(0, lr=self.lr)
        check_at_least(1, hidden=self.hidden)
        check_one_of(("zero", "random"), init=self.init)


def run(config: Config, run: Run) -> None:
    """Train, list what is labelled wrongly, and look at the first of it."""
    data = examples(config)
    shape, classes = data.data.train.x.shape[1:], data.data.classes
    if len(shape) != 3:
        raise ArgumentError(
            f"cmu10601/misclassified looks at images, and {config.data} has none; try digits"
        )
    folder = run.begin()
    model = network(config, data, (config.hidden,), zero_init if config.init == "zero" else None)
    outcome = train(run, "training", config, data, model, config.lr)
    x, labels = data.train
    predicted = predict(outcome.model, x).argmax(axis=1)
    wrong = incorrect(labels, predicted)
    write_text(folder / "train.labels", labels_as_text(predicted))
    write_text(folder / "incorrect.csv", table_as_text(wrong))

    means = class_means(x, labels, len(classes))
    chosen = [mistake(x[row[0]], row, means, classes) for row in wrong if row[0] < BELOW][:SHOWN]
    run.metric("train_error", float(np.mean(predicted != labels)))
    run.metric("validation_error", 1 - outcome.column("validation_accuracy")[-1])
    run.metric("final_train_loss", outcome.column("train_loss")[-1])
    run.metric("final_validation_loss", outcome.column("validation_loss")[-1])
    columns = ["index", "true", "predicted", "ink", "ink of true", "ink of predicted"]
    columns += ["distance to true", "distance to predicted", "nearest"]
    run.table("misclassified", columns, chosen)
    if chosen:
        drawn, titles = _drawn(chosen, x, means, classes)
        figure = pictures(drawn.reshape(-1, *shape), titles, columns=3)
        run.figure("misclassified", figure, CAPTION, "Misclassified, beside the means")
    run.finding("misclassified", QUESTION, *comment(chosen, survey(x, labels, predicted, means)))
    for one in chosen:
        run.say(f"row {one.row}", f"{one.true} taken for {one.predicted}")
    run.say("incorrect", str(folder / "incorrect.csv"))


def _drawn(
    chosen: Sequence[Mistake], x: Array, means: Array, classes: Sequence[str]
) -> tuple[Array, list[str]]:
    """Return pictures (3 K, D) and their titles: each example, and the means of both classes."""
    blank = np.nan_to_num(means)
    rows, titles = [], []
    for one in chosen:
        rows.append(x[one.row])
        rows += [blank[classes.index(name)] for name in (one.true, one.predicted)]
        titles += [f"row {one.row}: {one.true}", f"mean {one.true}"]
        titles.append(f"mean {one.predicted}\n(predicted)")
    return np.array(rows), titles


def comment(chosen: Sequence[Mistake], all_of_it: Survey) -> list[str]:
    """Return which examples they are, and what their pictures and all others say."""
    if not chosen:
        return [f"None of the first {BELOW} training rows is misclassified."]
    said = [_comment_on(one) for one in chosen]
    if len(chosen) < SHOWN:
        said.append(f"No others of the first {BELOW} rows are misclassified.")
    said.append(
        f"Of all {all_of_it.wrong} misclassified training examples {all_of_it.wrong_but_alike} are "
        "nearer to the mean picture of the class that they were taken for than to that of their "
        "own."
    )
    if all_of_it.nearest_mean_accuracy > all_of_it.accuracy:
        said.append(
            "To take the class of the nearest mean would get "
            f"{all_of_it.nearest_mean_accuracy:.2f} right, the network gets "
            f"{all_of_it.accuracy:.2f}: the pictures tell more than it has learned."
        )
    if all_of_it.used < all_of_it.classes:
        said.append(f"It gives only {all_of_it.used} of the {all_of_it.classes} labels at all.")
    if all_of_it.within > all_of_it.between:
        said.append(
            f"Within a class the pictures vary widely: they are on average {all_of_it.within:.2f} "
            f"from its mean, while the means of two classes are {all_of_it.between:.2f} apart."
        )
    if all_of_it.values == 2:
        said.append("Every pixel is one of two values, so a stroke has no grey edges.")
    return said


def _comment_on(one: Mistake) -> str:
    taken = f"Row {one.row}: '{one.true}' was taken for '{one.predicted}'"
    if one.distance_to_predicted is None or one.ink_of_predicted is None:
        return f"{taken}, of which the training data have no example."
    alike = one.distance_to_predicted < one.distance_to_true
    darker = abs(one.ink - one.ink_of_predicted) < abs(one.ink - one.ink_of_true)
    return (
        f"{taken}. Its picture is {one.distance_to_true:.2f} from the mean '{one.true}' and "
        f"{one.distance_to_predicted:.2f} from the mean '{one.predicted}', so it looks more like "
        f"{'what it was taken for' if alike else 'what it is'}; its ink, {one.ink:.3f}, is nearer "
        f"to that of '{one.predicted if darker else one.true}'."
    )
