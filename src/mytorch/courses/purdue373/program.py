"""What the programs that train on images and judge it share."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any, cast

from mytorch.courses import pictures
from mytorch.courses.arguments import above_0, count, program_parser, seed
from mytorch.courses.purdue373.images import Images, add_data_option, course_split, tell_accuracy
from mytorch.courses.purdue373.recorded import Recorded
from mytorch.utils.console import Parser


def add_options(parser: Parser, picture: str, epochs: int, lr: float) -> None:
    """Add the options of a program that trains on images and judges the training."""
    add_data_option(parser)
    parser.add_argument(
        "--lr", type=above_0, default=lr, help="learning rate (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=count, default=epochs, help="(default: %(default)s)")
    parser.add_argument("--seed", type=seed, default=42, help="(default: 42)")
    pictures.add_options(parser, picture)


def train_and_judge(options: Namespace, train: Callable[[Images], Recorded]) -> int:
    """Train on the course's images, print accuracies and judgement, and write the figure."""
    picture = pictures.Picture(options)
    data = course_split(options.data)
    model = train(data)
    tell_accuracy(data, model.accuracy)
    verdict, evidence = model.judgement()
    print(f"judgement: {verdict}")
    for reason in evidence:
        print(f"  {reason}")
    model.plot_train_val_metrics(picture.path, picture.figure)
    print(f"losses and accuracies: {picture.path}")
    picture.show()
    return 0


def run_cnn(file: str, argv: Sequence[str], network: Any, what: str) -> int:
    """Run a program that trains a convolutional network, a Recorded made of classes and a seed."""
    parser = program_parser(file, what)
    add_options(parser, network.picture, epochs=60, lr=0.002)
    options = parser.parse_args(argv)

    def train(data: Images) -> Recorded:
        model = network(data.classes, options.seed)
        model.train(*data.train, *data.validation, options.epochs, options.lr)
        return cast(Recorded, model)

    return train_and_judge(options, train)
