"""A worked answer as Markdown with mathematics between dollars, as GitHub and notebooks show it."""

from collections.abc import Sequence

from ..answer import Answer, Value
from .mathematics import equation, formulas


def document(answers: Sequence[Answer], with_answer: bool = True) -> str:
    """Return all answers, a heading for each; without answers, the questions alone."""
    return "\n".join(block for answer in answers for block in _blocks(answer, with_answer))


def _blocks(answer: Answer, with_answer: bool) -> list[str]:
    blocks = [f"# {answer.title}\n"]
    blocks += [f"{paragraph}\n" for paragraph in answer.question.split("\n")]
    blocks += _values(answer.given)
    if not with_answer:
        return blocks
    for number, step in enumerate(answer.steps, 1):
        blocks.append(f"**{number}.** {step.say}\n")
        blocks += [f"$$\n{' '.join(lines)}\n$$\n" for lines in formulas(step)]
        blocks += _values(step.values)
    return [*blocks, "## Result\n", *_values(answer.results)]


def _values(values: Sequence[Value]) -> list[str]:
    return [f"$$\n{equation(part)}\n$$\n" for part in values]
