"""A worked answer as JSON: every number in full, under keys that stay."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..answer import Answer, Value


def document(answers: Sequence[Answer], with_answer: bool = True) -> str:
    """Return one object, or a list of them where there are several answers."""
    entries = [_entry(answer, with_answer) for answer in answers]
    content = entries[0] if len(entries) == 1 else entries
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(answer: Answer, with_answer: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "topic": answer.topic,
        "title": answer.title,
        "problem": answer.problem,
        "question": answer.question,
        "given": _numbers(answer.given),
    }
    if not with_answer:
        return entry
    entry["steps"] = [
        {
            "say": step.say,
            "formula": step.formula,
            "latex": step.latex,
            "numbers": step.numbers,
            "workings": dict(step.workings),
            "values": _numbers(step.values),
        }
        for step in answer.steps
    ]
    entry["values"] = _numbers(answer.values())
    entry["results"] = _numbers(answer.results)
    return entry


def _numbers(values: Sequence[Value]) -> dict[str, Any]:
    return {part.key: _plain(part.value) for part in values}


def _plain(number: Any) -> Any:
    return number.tolist() if isinstance(number, np.ndarray) else number
