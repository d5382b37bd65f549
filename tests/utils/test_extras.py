"""A missing package is one line that says what to install."""

import math
import sys

import pytest

from mytorch.utils.errors import MissingExtraError, MytorchError
from mytorch.utils.extras import require


def test_a_package_that_is_there_is_imported():
    assert require("math", "lab") is math


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.deeper.still"])
def test_a_missing_package_is_one_line_that_says_what_to_install(module):
    with pytest.raises(MissingExtraError) as caught:
        require(module, "torch")
    line = "no_such_package is not installed: pip install 'mytorch[torch]'"
    assert str(caught.value) == line
    assert isinstance(caught.value, MytorchError)
    assert isinstance(caught.value, ImportError)


def test_a_package_whose_own_import_is_broken_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package") as caught:
        require("broken_package", "lab")
    assert not isinstance(caught.value, MissingExtraError)
    assert "broken_package" not in sys.modules
