"""Words put together for the sentences that experiments compute."""

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`; for none, an empty text."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(text: str) -> str:
    """Return a text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
