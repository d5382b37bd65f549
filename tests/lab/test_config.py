from dataclasses import dataclass

import pytest

from mytorch.lab.config import as_typed, check_at_least, check_distinct, describe, override
from mytorch.utils.errors import ArgumentError


@dataclass(frozen=True)
class Config:
    data: str = "digits"
    epochs: int = 3
    lr: float = 0.1
    hidden: tuple[int, ...] = (4,)
    limit: int | None = None
    shuffle: bool = True
    rates: tuple[float, ...] = (0.1, 1e-7)
    names: tuple[str, ...] = ("tanh", "relu")


def test_every_type_of_field_is_read_from_text():
    given = {
        "data": "mnist",
        "epochs": "5",
        "lr": "1e-3",
        "hidden": "8,16",
        "limit": "9",
        "shuffle": "false",
        "rates": "1e-3,2",
        "names": "elu",
    }
    expected = Config("mnist", 5, 1e-3, (8, 16), 9, False, (1e-3, 2.0), ("elu",))
    assert override(Config, given) == expected
    assert override(Config, {"limit": "none"}).limit is None
    assert override(Config, {}) == Config()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": "3"}, "no field is named --epoch; did you mean --epochs? there are: --data, "),
        ({"epochs": "x"}, "--epochs=x: expected a whole number"),
        ({"epochs": "1.5"}, "--epochs=1.5: expected a whole number"),
        ({"lr": "fast"}, "--lr=fast: expected a number"),
        ({"hidden": "8,,2"}, "--hidden=8,,2: expected whole numbers separated by commas"),
        ({"rates": "1,x"}, "--rates=1,x: expected numbers separated by commas"),
        ({"limit": "x"}, "--limit=x: expected a whole number, or none"),
        ({"shuffle": "maybe"}, "--shuffle=maybe: expected true or false"),
    ],
)
def test_a_field_that_cannot_be_read_is_told_in_one_line(given, message):
    with pytest.raises(ArgumentError) as caught:
        override(Config, given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_values_below_the_minimum_are_refused_by_name(value):
    with pytest.raises(ArgumentError, match=rf"--epochs={value}: expected a number of at least 1"):
        check_at_least(1, lr=5, epochs=value)


def test_what_stands_twice_in_a_list_is_refused_by_name():
    check_distinct(hidden=(1, 2), rates=(0.1,))
    with pytest.raises(ArgumentError, match=r"--rates=0.1,0.2,0.1: 0.1 stands there twice"):
        check_distinct(hidden=(1, 2), rates=(0.1, 0.2, 0.1))


def test_none_is_not_a_value_to_check():
    check_at_least(1, limit=None)
    assert describe(str) == "text"
    assert describe(tuple[str, ...]) == "words separated by commas"


def test_defaults_are_shown_as_they_are_typed():
    defaults = {name: as_typed(getattr(Config(), name)) for name in Config.__dataclass_fields__}
    assert defaults["hidden"] == "4"
    assert as_typed((8, 16)) == "8,16"
    assert (defaults["names"], defaults["rates"]) == ("tanh,relu", "0.1,1e-07")
    assert defaults["limit"] == "none"
    assert override(Config, defaults) == Config()
