"""Solving a topic in one call, and its numbers by key."""

from mytorch.theory import registry


def solved(name, seed=None, **given):
    topic = registry.get(name)
    return registry.solve(topic, registry.pose(topic, given, seed))


def numbers(answer):
    """What the steps computed and the results, by key; both where both have it are equal."""
    return {part.key: part.value for part in (*answer.values(), *answer.results)}


def problem(name, seed, **given):
    return registry.pose(registry.get(name), given, seed)
