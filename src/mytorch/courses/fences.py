"""Starters cut from solutions: what a student writes stands between tags, which must stay.

A tag is a line of its own, `# STARTCODE` and `# ENDCODE` around code, `# STARTTEXT` and
`# ENDTEXT` around words (in a cell of text, without the #). Each blank between them is a
`[TO COMPLETE]`.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..utils.errors import ArgumentError

TO_COMPLETE = "[TO COMPLETE]"
END_OF = {"STARTCODE": "ENDCODE", "STARTTEXT": "ENDTEXT"}

_TAG = re.compile(rf"\s*(?:#\s*)?({'|'.join([*END_OF, *END_OF.values()])})\s*$")
_BETWEEN = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_ADDED = re.compile(r"\s*(#|import\s|from\s)")
_OWNER = re.compile(r"\s*(?:async\s+def|def|class)\s+(\w+)")


class Tag(NamedTuple):
    """A tag of a file.

    Attributes
    ----------
    name
        STARTCODE, ENDCODE, STARTTEXT or ENDTEXT.
    owner
        The function or class that it stands in, as `Neuron.step`; empty outside of all.
    line
        Its line, from 1.
    beside
        The next line outside of the fence that is neither blank nor a tag: before a start, after an
        end.
    """

    name: str
    owner: str
    line: int
    beside: str

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}" if self.owner else self.name


class Fence(NamedTuple):
    """The lines from `start` to before `end`, both tags left out; `text` for words."""

    start: int
    end: int
    indent: str
    text: bool


def tags(text: str, handed_out: str | None = None) -> list[Tag]:
    """Return the tags of a file in order; it need not be valid Python.

    Of a submission, what `handed_out` does not have is no line to stand beside: functions and
    classes of the student's own, comments, and imports.
    """
    lines = text.splitlines()
    outline = _outline(lines)
    own = set() if handed_out is None else _own_lines(lines, handed_out.splitlines())
    found = []
    for number, line in enumerate(lines):
        match = _TAG.match(line)
        if match:
            start = match[1] in END_OF
            outside = reversed(range(number)) if start else range(number + 1, len(lines))
            others = (
                lines[other].strip()
                for other in outside
                if other not in own and not _TAG.match(lines[other])
            )
            beside = next(filter(None, others), "")
            found.append(Tag(match[1], _owner(outline, number), number + 1, beside))
    return found


def starter(solution: str) -> str:
    """Return the file to hand out: the solution with a blank for every stretch of code or words.

    In code, comments that stand at the fence's own indentation stay: they say what a blank is for.
    A blank is `raise NotImplementedError("[TO COMPLETE]")`, so that what nobody has written yet
    says so; among words it is a comment.

    Raises
    ------
    ArgumentError
        Where the tags are not pairs one after the other, or what comes out is not valid Python.
    """
    lines = solution.splitlines()
    written: list[str] = []
    done = 0
    comments = _comment_lines(solution)
    for fence in _fences(solution):
        written += lines[done : fence.start]
        done = fence.end
        if fence.text:
            written.append(f"{fence.indent}# {TO_COMPLETE}")
            continue
        blank = f'{fence.indent}raise NotImplementedError("{TO_COMPLETE}")'
        body: list[str] = []
        for number in range(fence.start, fence.end):
            if number in comments and lines[number].startswith(f"{fence.indent}#"):
                body.append(lines[number])
            elif lines[number].strip() and (not body or body[-1] != blank):
                body.append(blank)
        written += body if blank in body else [*body, blank]
    text = "".join(f"{line}\n" for line in [*written, *lines[done:]])
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ArgumentError(
            f"starter: line {error.lineno} of what is left is not valid Python ({error.msg}); put "
            "the tags around whole statements"
        ) from error
    return text


def misplaced(handed_out: str, submission: str) -> list[str]:
    """Return a line for each tag of a starter that a submission has removed, moved or added.

    Nothing where all of them stand in order, each beside the line that it stood beside; functions,
    classes, imports and comments that the student has added do not count.
    """
    expected, there = tags(handed_out), tags(submission, handed_out)
    if _keys(expected) == _keys(there):
        pairs = zip(expected, there, strict=True)
        return [_moved(was, now) for was, now in pairs if was.beside != now.beside]
    lost = _without(expected, there)
    extra = _without(there, expected)
    said = []
    for tag in lost:
        place = f"it stood {_place(tag)}"
        moved = next((other for other in extra if other.name == tag.name), None)
        if moved is None:
            said.append(f"{tag} was removed: {place}")
        else:
            extra.remove(moved)
            where = f"in {moved.owner}" if moved.owner else "outside of all functions"
            said.append(f"line {moved.line}: {tag} was moved: {place}, and now stands {where}")
    said += [f"line {tag.line}: {tag} was added: the starter has none there" for tag in extra]
    return said or [_out_of_order(expected, there)]


def _out_of_order(expected: Sequence[Tag], there: Sequence[Tag]) -> str:
    """Return what to say where all the tags are there, in another order."""
    alone = [  # each whose move alone explains the order
        (was, now)
        for i, was in enumerate(expected)
        for j, now in enumerate(there)
        if _key(was) == _key(now)
        and _keys([*expected[:i], *expected[i + 1 :]]) == _keys([*there[:j], *there[j + 1 :]])
    ]
    if alone:  # of two neighbours that changed places, the one that has left its line
        return _moved(*max(alone, key=lambda pair: pair[0].beside != pair[1].beside))
    was, now = next((w, n) for w, n in zip(expected, there, strict=True) if _key(w) != _key(n))
    return f"line {now.line}: {now} was moved: in the starter {was} comes here"


def _moved(was: Tag, now: Tag) -> str:
    return f"line {now.line}: {now} was moved: it stood {_place(was)}, and now stands {_place(now)}"


def _key(tag: Tag) -> tuple[str, str]:
    return tag.name, tag.owner


def _keys(found: Sequence[Tag]) -> list[tuple[str, str]]:
    return [_key(tag) for tag in found]


def _without(some: Sequence[Tag], others: Sequence[Tag]) -> list[Tag]:
    """Return the tags that others do not have, by name and owner.

    Of several in one function, those beside whose line the others have none, then the last ones.
    """
    surplus = Counter(_keys(some))
    surplus.subtract(_keys(others))
    known = {(*_key(tag), tag.beside) for tag in others}
    left = []
    for tag in sorted(some, key=lambda tag: ((*_key(tag), tag.beside) in known, -tag.line)):
        if surplus[_key(tag)] > 0:
            surplus[_key(tag)] -= 1
            left.append(tag)
    return sorted(left, key=lambda tag: tag.line)


def _fences(text: str) -> Iterator[Fence]:
    lines = text.splitlines()
    found = tags(text)
    for at in range(0, len(found), 2):
        start, *rest = found[at : at + 2]
        end = END_OF.get(start.name)
        if end is None:
            raise ArgumentError(f"line {start.line}: {start.name} comes without a start")
        if not rest or rest[0].name != end:
            raise ArgumentError(f"line {start.line}: {start.name} is not followed by {end}")
        line = lines[start.line - 1]
        indent = line[: _indent(line)]
        between = lines[found[at - 1].line : start.line - 1] if at else ["first"]
        if not any(line.strip() for line in between):
            raise ArgumentError(
                f"line {start.line}: {start.name} follows {found[at - 1].name} at once; put a line "
                "between them, to tell later which tag was moved"
            )
        yield Fence(start.line, rest[0].line - 1, indent, start.name == "STARTTEXT")


def _comment_lines(text: str) -> set[int]:
    """Return the lines, from 0, that hold a comment and nothing else."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ArgumentError(f"starter: the solution is not valid Python ({error})") from error
    return {
        token.start[0] - 1
        for token in tokens
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
    }


def _outline(lines: Sequence[str]) -> list[str]:
    """Return the lines, with empty ones for those that go on with a statement of the line above.

    Within strings and brackets indentation says nothing. A file that is not valid Python is read as
    far as it can be.
    """
    outline = list(lines)
    first = 0  # line of the statement, from 1; 0 between two statements
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.NEWLINE:
                outline[first : token.start[0]] = [""] * (token.start[0] - first)
                first = 0
            elif not first and token.type not in _BETWEEN:
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        pass
    return outline


def _owner(outline: Sequence[str], number: int) -> str:
    """Return the functions and classes around a line, by indentation."""
    indent = _indent(outline[number])
    names: list[str] = []
    for line in reversed(outline[:number]):
        # A comment may stand anywhere; so may, in a file that cannot be read, a bracket's end.
        if not line.strip() or line.lstrip()[0] in "#)]}" or _indent(line) >= indent:
            continue
        indent = _indent(line)
        match = _OWNER.match(line)
        if match:
            names.insert(0, match[1])
    return ".".join(names)


def _own_lines(lines: Sequence[str], handed_out: Sequence[str]) -> set[int]:
    """Return which lines are definitions, comments or imports that were not handed out."""
    known = {line.strip() for line in handed_out}
    expected, outline = _outline(handed_out), _outline(lines)
    names = {_defined(expected, number) for number in range(len(expected))} | {""}
    own: set[int] = set()
    decorators: list[int] = []  # above the definition to come
    for number, line in enumerate(lines):
        if line.strip() and not outline[number]:  # goes on with the line above
            own |= {number} if number - 1 in own else set()
            continue
        if line.lstrip().startswith("@"):
            decorators.append(number)
            continue
        parts = _defined(outline, number).split(".")
        if not all(".".join(parts[: n + 1]) in names for n in range(len(parts))):
            own |= {number, *decorators}
        elif line.strip() not in known and _ADDED.match(line):
            own.add(number)
        decorators = []
    return own


def _defined(outline: Sequence[str], number: int) -> str:
    """Return the functions and classes around a line, with the one that it defines."""
    match = _OWNER.match(outline[number])
    names = [_owner(outline, number), match[1] if match else ""]
    return ".".join(filter(None, names))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _place(tag: Tag) -> str:
    side, edge = ("after", "start") if tag.name in END_OF else ("before", "end")
    return f"{side} `{tag.beside}`" if tag.beside else f"at the {edge} of the file"
