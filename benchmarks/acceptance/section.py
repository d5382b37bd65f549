"""The section of the benchmark page that the long trainings have."""

TITLE = "## Long trainings"
NEXT = "## How to read it"  # the section before which it stands


def put_into(page: str, section: str) -> str:
    """Return the page with this section in place of the one it had, or before the last one."""
    if old := taken_from(page):
        return page.replace(old, section.strip())
    head, found, tail = page.partition(NEXT)
    parts = [head.strip(), section.strip(), f"{found}{tail}".strip()]
    return "\n\n".join(filter(None, parts)) + "\n"


def taken_from(page: str) -> str:
    """Return the section of a page, or nothing where it has none."""
    _, found, rest = page.partition(f"{TITLE}\n")
    return f"{found}{rest.partition(NEXT)[0]}".strip()
