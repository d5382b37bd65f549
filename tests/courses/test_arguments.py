"""Numbers on the command line of the courses' programs: their limits, and what is said beyond."""

from argparse import ArgumentTypeError

import pytest

from mytorch.courses.arguments import (
    LARGEST_SEED,
    above_0,
    above_zero,
    file_or_folder,
    program_parser,
    whole,
)


def test_whole_numbers_are_taken_from_the_least_to_the_most():
    read = whole(2, 10)
    assert [read(text) for text in ("2", "007", "10")] == [2, 7, 10]
    assert whole(0, LARGEST_SEED)("4294967295") == 2**32 - 1


@pytest.mark.parametrize(
    "text", ["1", "11", "-2", "+2", "2.0", " 2", "2_0", "", "٣", "x", "9" * 5000]
)
def test_what_is_no_whole_number_within_them_is_refused(text):
    with pytest.raises(ArgumentTypeError, match=r"^expected a whole number from 2 to 10, got '"):
        whole(2, 10)(text)


def test_numbers_above_zero_are_taken_up_to_the_most():
    assert [above_zero(1e6)(text) for text in ("1e-300", "0.5", "1000000")] == [1e-300, 0.5, 1e6]


@pytest.mark.parametrize("text", ["0", "-1", "1000000.1", "1e-400", "nan", "inf", "-inf", "", "x"])
def test_what_is_no_number_above_zero_is_refused(text):
    with pytest.raises(ArgumentTypeError, match=r"^expected a number above 0, at most 1e\+06, got"):
        above_zero(1e6)(text)


def test_without_a_limit_only_infinity_is_too_much():
    assert above_0("1e308") == 1e308
    with pytest.raises(ArgumentTypeError, match=r"^expected a finite number above 0, got 'inf'$"):
        above_0("inf")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("logic.py", "logic.py"),
        ("../far/logic.py", "logic.py"),
        ("/usr/bin/mytorch", "mytorch cs4152 logic"),
        ("digits.py", "mytorch cs4152 logic"),
    ],
)
def test_a_program_is_named_as_it_was_called(called, name, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [called])
    parser = program_parser("/courses/cs4152/logic.py", "Learns.")
    with pytest.raises(SystemExit):
        parser.parse_args(["--unknown"])
    told = capsys.readouterr().err
    assert told == f"{name}: unrecognized arguments: --unknown (see '{name} --help')\n"


def test_an_empty_name_is_no_file():
    assert file_or_folder("a b").name == "a b"
    with pytest.raises(ArgumentTypeError, match=r"got ''$"):
        file_or_folder("")
