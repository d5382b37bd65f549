"""`mytorch explain TOPIC`: the courses' pen-and-paper questions, worked out step by step."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..theory import problem, registry
from ..theory.answer import Answer
from ..theory.registry import Topic
from ..theory.render import as_json, latex, markdown, text
from ..utils.console import Parser
from ..utils.errors import ArgumentError
from ..utils.files import write_bytes
from .main import COMMANDS

FORMATS = {"text": text, "markdown": markdown, "latex": latex}
MOST = 1000  # exercises at once


def main(argv: Sequence[str]) -> int:
    """Print a worked answer, or exercises with or without their answers."""
    words = list(argv)
    if not words or words[0].startswith("-"):
        return _without_topic(words)
    topic = registry.get(words[0])
    parser = _parser(topic)
    arguments = parser.parse_args(_joined(topic, words[1:]))
    if arguments.hide_answer and arguments.figure is not None:
        parser.error("--hide-answer and --figure: a figure is an answer")
    if arguments.count is not None and arguments.seed is None:
        parser.error("--count needs --seed N, the seed of the first exercise")

    given: dict[str, Any] = {}
    if arguments.file is not None:
        given = problem.read_toml(topic.problem, arguments.file)
    texts = {
        field.name: told
        for field in fields(topic.problem)
        if (told := getattr(arguments, f"option_{field.name}")) is not None
    }
    given |= problem.read_texts(topic.problem, texts)
    seeds = [None] if arguments.seed is None else range(
        arguments.seed, arguments.seed + (arguments.count or 1)
    )  # fmt: skip
    problems = [registry.pose(topic, given, seed) for seed in seeds]
    answers = [registry.solve(topic, posed) for posed in problems]
    if arguments.figure is not None:
        _write_figure(topic, problems[0], arguments.figure)
    _print(answers, arguments)
    return 0


def _print(answers: Sequence[Answer], arguments: argparse.Namespace) -> None:
    write = as_json if arguments.json else FORMATS[arguments.format]
    sys.stdout.write(write.document(answers, with_answer=not arguments.hide_answer))


def _write_figure(topic: Topic, posed: Any, path: Path) -> None:
    if topic.name != "activations":
        raise ArgumentError(f"--figure is for the topic activations; {topic.name} has no figure")
    from ..theory import activation_figure

    write_bytes(path, activation_figure.image(posed, path))


def _without_topic(words: list[str]) -> int:
    parser = Parser(
        prog="mytorch explain",
        usage="mytorch explain TOPIC [options]",
        description=COMMANDS["explain"],
        epilog="'mytorch explain TOPIC --help' tells a topic's options.",
        allow_abbrev=False,
    )
    parser.add_argument("--list", action="store_true", help="list the topics (the default)")
    parser.parse_args(words)
    for name in registry.TOPICS:
        print(f"{name:<16}{registry.get(name).title}")
    return 0


def _parser(topic: Topic) -> Parser:
    parser = Parser(
        prog=f"mytorch explain {topic.name}",
        usage=f"mytorch explain {topic.name} [options]",
        description=f"{topic.title}.",
        epilog=_defaults(topic),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    own = parser.add_argument_group("the problem")
    for field in fields(topic.problem):
        facts = field.metadata
        choices = f": {', '.join(facts['choices'])}" if facts["choices"] else ""
        own.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"option_{field.name}",
            metavar=_metavar(facts["kind"]),
            help=(facts["what"] + choices).replace("%", "%%"),
        )
    own.add_argument("--file", type=_path, metavar="TOML", help="a file with any of the above")
    add = parser.add_argument_group("the output").add_argument
    add(
        "--seed", type=_whole, metavar="N", help="a fresh problem of the kind, drawn with this seed"
    )
    add("--count", type=_count, metavar="K", help="K exercises: the seeds N, N + 1, ...")
    add("--hide-answer", action="store_true", help="print the question alone")
    add("--format", choices=tuple(FORMATS), default="text", help="of the answer (default text)")
    add("--json", action="store_true", help="every number in full, under keys that stay")
    add("--figure", type=_path, metavar="FILE", help="activations: draw them (.png, .svg, .pdf)")
    return parser


def _metavar(kind: str) -> str:
    named = {"number": "X", "whole": "N", "choice": "NAME", "choices": "NAMES", "text": "TEXT"}
    return named.get(kind, "NUMBERS")


def _defaults(topic: Topic) -> str:
    """Return the topic's own words, and the problem that it solves without options."""
    lines = [
        f"  --{field.name.replace('_', '-')} {shown!r}"
        for field in fields(topic.problem)
        if (shown := problem.as_typed(field.default))
    ]
    words = re.sub(r"\n +", "\n", topic.problem.__doc__ or "")
    return f"{words}\n\nnumbers: 0.5,0.3; rows: 1,2;3,4; matrices: 1,2;3,4|5;6\ndefaults:\n" + (
        "\n".join(lines)
    )


def _joined(topic: Topic, words: list[str]) -> list[str]:
    """Return the words with `--w -0.5,0.3` as `--w=-0.5,0.3`: the value is no option."""
    names = {f"--{field.name.replace('_', '-')}" for field in fields(topic.problem)}
    joined: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word in names and waiting and re.match(r"-[\d.]", waiting[0]):
            word = f"{word}={waiting.pop(0)}"
        joined.append(word)
    return joined


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("expected the name of a file")
    return Path(text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 0, got {text[:40]!r}"
        )
    return int(text)


def _count(text: str) -> int:
    number = _whole(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MOST}, got {number}")
    return number
