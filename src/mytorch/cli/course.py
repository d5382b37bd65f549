"""`mytorch COURSE PROGRAM ...`: the programs that a course's assignments ask for."""

from collections.abc import Sequence

from ..courses.registry import profile, program, summary


def main(course: str, argv: Sequence[str]) -> int:
    """Run a program of a course; without one, list them."""
    if not argv or argv[0] in ("-h", "--help"):
        found = profile(course)
        print(f"usage: mytorch {course} PROGRAM ...\n\n{course}: {found.title}\n\nprograms:")
        for name in found.programs:
            print(f"  {name:<28}{summary(course, name)}")
        return 0
    name, *rest = argv
    return program(course, name)(rest)
