"""The dense networks, trained as the course does overall, reach what it asks for.

So do the convolutional ones, in minutes: `mytorch purdue373 pytorch_cnn`, and `numpy_cnn`.
"""

import re

import pytest

from mytorch.cli.main import main

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

ASKED = {"numpy_ann": 0.77, "pytorch_ann": 0.80}  # on the 200 test images, to be exceeded
REACHED = {"numpy_ann": 0.81, "pytorch_ann": 0.80}  # on all 10,000


@pytest.mark.parametrize("name", ASKED)
def test_an_overall_run_reaches_the_accuracy_of_the_course(
    name, real_data, tmp_path, monkeypatch, capsys
):
    if not (real_data / "fashion-mnist").is_dir():
        pytest.skip("MYTORCH_DATA has no fashion-mnist")
    if name == "pytorch_ann":
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    assert main(["purdue373", name]) == 0
    found = re.findall(r"accuracy on (?:all )?([\d,]+) test images: (\S+)", capsys.readouterr().out)
    (few, on_few), (all_of_them, on_all) = found
    assert (few, all_of_them) == ("200", "10,000")
    assert float(on_few) > ASKED[name]
    assert float(on_all) > REACHED[name]
