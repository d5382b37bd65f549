"""What is typed, or stands in a TOML file, becomes the problem; or one line says why not."""

from dataclasses import dataclass, fields

import pytest

from mytorch.theory import registry
from mytorch.theory.problem import as_typed, option, read_texts, read_toml
from mytorch.utils.errors import ArgumentError, DataError, MytorchError


@dataclass(frozen=True)
class Everything:
    number: float = option(0.0, "number", "", least=-5, most=5)
    whole: int = option(1, "whole", "", least=0)
    vector: tuple = option((0.0,), "vector", "")
    wholes: tuple = option((1,), "wholes", "", least=1)
    rows: tuple = option(((0.0,),), "rows", "")
    places: tuple = option(((0, 0),), "places", "")
    matrix: tuple = option(((0.0,),), "matrix", "")
    stack: tuple = option((((0.0,),),), "stack", "")
    choice: str = option("a", "choice", "", choices=("a", "b"))
    choices: tuple = option(("a",), "choices", "", choices=("a", "b"))
    text: str = option("x", "text", "")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", "-0.5", -0.5),
        ("number", " 1e-3 ", 0.001),
        ("whole", "7", 7),
        ("vector", "0.5,-0.3", (0.5, -0.3)),
        ("vector", "8 1  7", (8, 1, 7)),
        ("vector", "2", (2,)),
        ("wholes", "6,4,3", (6, 4, 3)),
        ("rows", "1,2;3", ((1, 2), (3,))),
        ("places", "0,4; 4,1", ((0, 4), (4, 1))),
        ("matrix", "1,2;3,4", ((1, 2), (3, 4))),
        ("matrix", "1 2; 3 4", ((1, 2), (3, 4))),
        ("stack", "1,2;3,4|5;6", (((1, 2), (3, 4)), ((5,), (6,)))),
        ("choice", "b", "b"),
        ("choices", "a, b", ("a", "b")),
        ("text", "4x6x6", "4x6x6"),
    ],
)
def test_text_is_read(name, text, value):
    assert read_texts(Everything, {name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("number", "abc", "--number: expected a number; got 'abc'"),
        ("number", "", "expected a number; got ''"),
        ("number", "nan", "expected a number"),
        ("number", "inf", "expected a number"),
        ("number", "1,2", "expected a number"),
        ("number", "5.5", "a number, from -5 to 5; got '5.5'"),
        ("whole", "1.5", "expected a whole number"),
        ("whole", "-1", "a whole number, from 0 to 1000000000"),
        ("whole", "9" * 5000, "expected a whole number"),
        ("vector", "1,,2", "numbers separated by commas"),
        ("vector", "1;2", "numbers separated by commas"),
        ("vector", "1,-inf", "numbers separated by commas"),
        ("vector", "1e400", "numbers separated by commas"),
        ("vector", ",", "numbers separated by commas"),
        ("wholes", "0,1", "from 1 to"),
        ("matrix", "1,2;3", "rows of one length"),
        ("matrix", "1,2;", "rows of one length"),
        ("stack", "1,2|3,x", "matrices separated by bars"),
        ("vector", "1," * 5000 + "1", "5001 numbers, expected at most 4096"),
        ("choice", "c", "one of a, b; got 'c'"),
        ("choices", "a,c", "one of a, b; got 'c'"),
        ("text", "", "expected text"),
        ("text", "a\0b", "expected text"),
    ],
)
def test_text_that_is_no_such_value_is_refused(name, text, message):
    with pytest.raises(ArgumentError, match=r"^--") as raised:
        read_texts(Everything, {name: text})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


def test_toml_is_read(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        "number = 1\nwhole = 3\nvector = [0.5, 1]\nmatrix = [[1, 2], [3, 4]]\n"
        'stack = [[[1]], [[2]]]\nchoices = ["b", "a"]\nchoice = "b"\nrows = "1,2;3"\n'
    )
    assert read_toml(Everything, path) == {
        "number": 1.0,
        "whole": 3,
        "vector": (0.5, 1.0),
        "matrix": ((1, 2), (3, 4)),
        "stack": (((1,),), ((2,),)),
        "choices": ("b", "a"),
        "choice": "b",
        "rows": ((1, 2), (3,)),
    }


def test_one_row_stands_for_a_matrix_and_one_matrix_for_a_stack(tmp_path):
    (tmp_path / "p.toml").write_text("matrix = [1, 2]\nstack = [[1, 2]]\nvector = 3\n")
    assert read_toml(Everything, tmp_path / "p.toml") == {
        "matrix": ((1, 2),),
        "stack": (((1, 2),),),
        "vector": (3,),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("number = 'x'", "number: expected a number"),
        ("number = true", "number: expected a number"),
        ("number = nan", "number: expected a number"),
        ("number = [1]", "number: expected a number"),
        ("whole = 1.5", "whole: expected a whole number"),
        ("vector = []", "vector: expected numbers"),
        ("vector = [[1, 2]]", "vector: expected numbers"),
        ("vector = [1, '2']", "vector: expected numbers"),
        ("vector = {a = 1}", "vector: expected numbers"),
        ("vector = 1979-05-27", "vector: expected numbers"),
        ("matrix = [[1, 2], [3]]", "matrix: expected rows of one length"),
        ("matrix = [[1, 2], 3]", "matrix: expected rows of one length"),
        ("number = 1" + "0" * 400, "number: expected a number"),
        ("choice = 3", "choice: expected text"),
        ("choices = [3]", "choices: expected one of a, b"),
        ("numbre = 1", "no option 'numbre'; did you mean number?"),
        ("number = ", "is not TOML"),
        ("number = 1\nnumber = 2", "is not TOML"),
        ("vector = " + "[" * 5000, "is not TOML"),
        ("\xff", "is not TOML"),
    ],
)
def test_toml_that_is_no_such_problem_is_refused(content, message, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MytorchError) as raised:
        read_toml(Everything, path)
    assert message in str(raised.value)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe4'")
    for path in (tmp_path / "absent.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(DataError, match=str(path)):
            read_toml(Everything, path)


@pytest.mark.parametrize("name", registry.TOPICS)
def test_every_option_says_what_it_is_and_reads_what_it_shows(name):
    topic = registry.get(name)
    assert topic.problem.__doc__
    for seed in (None, 0, 1):
        posed = registry.pose(topic, {}, seed)
        for field in fields(topic.problem):
            assert field.metadata["what"]
            value = getattr(posed, field.name)
            if value not in (None, ()):
                read = read_texts(topic.problem, {field.name: as_typed(value)})
                assert read == {field.name: value}


def test_an_unknown_topic_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match="no topic is named 'sofmax'; did you mean softmax"):
        registry.get("sofmax")
    with pytest.raises(ArgumentError, match="there are: feedforward"):
        registry.get("xyz")


@pytest.mark.parametrize("name", registry.TOPICS)
def test_every_topic_has_a_line_about_itself(name):
    title = registry.get(name).title
    assert 20 < len(title) < 90
    assert not title.endswith(".")
