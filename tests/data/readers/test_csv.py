"""Tables of text become numbers, or one line that says which cell is not one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mytorch.data.readers import read_csv
from mytorch.utils.errors import DataError


def write(folder, text, name="table.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "label", "columns"),
    [
        ("3,0.5,1\n-1,1.5,2.5\n", None, ("column 2", "column 3")),  # the label comes first
        ("0.5,1,3\n1.5,2.5,-1\n", -1, ("column 1", "column 2")),
        ("0.5,1,a3\n1.5,2.5,a-1\n", None, ("column 1", "column 2")),  # the only text
        ("label,a,b\n3,0.5,1\n-1,1.5,2.5\n", None, ("a", "b")),
        ("a,b,Class\n0.5,1,3\n1.5,2.5,-1\n", None, ("a", "b")),
        ("a,kind,b\n0.5,3,1\n1.5,-1,2.5\n", "kind", ("a", "b")),
        ("label,0,1\n3,0.5,1\n-1,1.5,2.5\n", None, ("0", "1")),  # names that are numbers
        ("\ufeff3,0.5,1\r\n\r\n-1,1.5,2.5\r\n", 0, ("column 2", "column 3")),  # from a spreadsheet
        ('"3", 0.5,"1"\n"-1",1.5,2.5', -3, ("column 2", "column 3")),
        ("3.0,0.5,1\n-1.0,1.5,2.5\n", 0, ("column 2", "column 3")),
    ],
)
def test_every_way_to_write_a_table(tmp_path, text, label, columns):
    table = read_csv(write(tmp_path, text), label)
    np.testing.assert_array_equal(table.x, [[0.5, 1], [1.5, 2.5]])
    assert [name.removeprefix("a") for name in table.classes] == ["-1", "3"]
    assert table.y.tolist() == [1, 0]
    assert table.columns == columns


def test_text_labels_are_classes_in_the_alphabets_order(tmp_path):
    table = read_csv(write(tmp_path, "5.1,3,setosa\n4.9,2,virginica\n6,1,setosa\n"))
    assert table.classes == ("setosa", "virginica")
    assert table.y.tolist() == [0, 1, 0]


def test_whole_numbers_are_ordered_as_numbers(tmp_path):
    table = read_csv(write(tmp_path, "10,0.5\n9,0.5\n-2,0.5\n"))
    assert table.classes == ("-2", "9", "10")


@given(
    rows=st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_numbers_come_back_to_the_last_bit(rows, tmp_path_factory):
    text = "".join(f"{i},{','.join(map(repr, row))}\n" for i, row in enumerate(rows))
    table = read_csv(write(tmp_path_factory.mktemp("csv"), text), 0)
    assert table.x.tobytes() == np.array(rows).tobytes()
    assert table.y.tolist() == list(range(len(rows)))


@pytest.mark.parametrize(
    ("text", "label", "why"),
    [
        ("", None, "expected rows of numbers, found none"),
        ("\n\n", None, "expected rows of numbers, found none"),
        ("label,a\n", None, "expected rows of numbers, found none"),
        ("1\n2\n", None, "expected a column of labels and others, got 1 column"),
        ("1,0.5\n2,0.5,3\n", None, "line 2: expected 2 columns as in line 1, got 3"),
        ("label,a\n1,0.5\n\n2\n", None, "line 4: expected 2 columns as in line 1, got 1"),
        ("1,0.5\n2,x\n", 0, "line 2, column 2: expected a number, got 'x'"),
        ("1,0.5\n2, \n", 0, "line 2, column 2: expected a number, got nothing"),
        ("1,0.5\n2,nan\n", 0, "line 2, column 2: expected a finite number, got nan"),
        ("1,0.5\n2,-inf\n", 0, "line 2, column 2: expected a finite number, got -inf"),
        ("1,0.5,1e999\n", 0, "line 1, column 3: expected a finite number, got inf"),
        ("a,0.5\n ,0.5\n", 0, "line 2, column 1: expected a label, got nothing"),
        ("1,0\n0.5,0\n", None, "line 2, column 1: expected a label, .* got 0.5; .*table.csv#-1"),
        ("nan,0\n1,0\n", None, "line 1, column 1: expected a label, .* got nan"),
        ("a,b\n1,2\n", "c", "no column is named 'c'; there are: a, b"),
        ("1,2\n", "c", "no column is named 'c'; its first line holds no names"),
        ("1,2\n", 2, "there is no column 2 among 2"),
        ("1,2\n", -3, "there is no column -3 among 2"),
        (b"\x89PNG\r\n\x1a\n\xff", None, "not text in UTF-8"),
        (b"1,0.5\n2,\0\n", 0, "line 2"),
        ('1,"0.5\n2,3\n', 0, "unexpected end of data"),
        ('1,"0.5"x\n2,3\n', 0, "line 1: .*expected after"),
    ],
)
def test_what_is_no_table_is_told_by_line_and_column(tmp_path, text, label, why):
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=why) as caught:
        read_csv(path, label)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: cannot be read: No such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is not a file"):
        read_csv(tmp_path)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused_in_one_line(content, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("csv"), content)
    try:
        table = read_csv(path)
    except DataError as error:
        lines = str(error).splitlines()
    else:
        lines = ["read"]
        assert np.isfinite(table.x).all()
        assert len(table.x) == len(table.y)
    assert len(lines) == 1


def test_a_real_table_of_letters_is_read(real_data):
    path = sorted((real_data / "ocr-letters").glob("*small*train*"))[0]
    table = read_csv(path, 0)
    expected = np.loadtxt(path, delimiter=",")
    np.testing.assert_array_equal(table.x, expected[:, 1:])
    np.testing.assert_array_equal(table.y, expected[:, 0])
    assert table.x.shape == (500, 128)
    assert table.classes == tuple("0123456789")
