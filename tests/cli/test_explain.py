"""`mytorch explain`: the options reach the problem; whatever is wrong is one line and exit 2."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mytorch.cli.main import main
from mytorch.theory import registry


def run(capsys, *words):
    """Run the command; return exit code, stdout, stderr."""
    try:
        code = main(["explain", *map(str, words)])
    except SystemExit as error:
        code = error.code
    return (code, *capsys.readouterr())


def printed(capsys, *words):
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    return out


def answered(capsys, *words):
    return json.loads(printed(capsys, *words, "--json"))


@pytest.mark.parametrize("words", [[], ["--list"]])
def test_the_topics_are_listed(words, capsys):
    lines = printed(capsys, *words).splitlines()
    assert [line.split()[0] for line in lines] == list(registry.TOPICS)


@pytest.mark.parametrize("topic", registry.TOPICS)
def test_help_lists_the_options_and_their_defaults(topic, capsys):
    out = printed(capsys, topic, "--help")
    assert f"usage: mytorch explain {topic} [options]" in out
    for name in ("--file", "--seed", "--hide-answer", "--format", "--json"):
        assert name in out


@pytest.mark.parametrize("style", ["text", "markdown", "latex"])
@pytest.mark.parametrize("topic", registry.TOPICS)
def test_every_topic_in_every_format(topic, style, capsys):
    out = printed(capsys, topic, "--format", style)
    start = {"text": "", "markdown": "# ", "latex": "\\documentclass"}[style]
    assert out.startswith(start)
    assert out.endswith("\n")


def test_numbers_from_the_command_line(capsys):
    got = answered(capsys, "gradient", "--x", "0.5,0.3", "--w", "-0.5,0.25", "--b", "-.1")
    assert got["problem"]["w"] == [-0.5, 0.25]
    assert got["problem"]["b"] == -0.1
    z = -0.5 * 0.5 + 0.25 * 0.3 - 0.1
    assert got["values"]["z"] == pytest.approx(z, rel=1e-14, abs=0)


def test_numbers_from_a_file_and_options_that_override_it(tmp_path, capsys):
    path = tmp_path / "net.toml"
    path.write_text(
        "x = [1, 2]\nweights = [[[1, 0], [0, 1]], [[1], [1]]]\nbiases = [[0, 0], [1]]\n"
        'activations = ["relu", "identity"]\n'
    )
    got = answered(capsys, "feedforward", "--file", path)
    assert got["results"]["input_first"] == [4]
    got = answered(capsys, "feedforward", "--file", path, "--x=3,-5")
    assert got["results"]["input_first"] == [4]
    assert got["problem"]["x"] == [3, -5]


def test_backprop_from_a_file_has_the_names_of_the_course(tmp_path, capsys):
    path = tmp_path / "net.toml"
    path.write_text("x = [1, 0]\ny = [1]\nalpha = [[0.1, 0.2, 0.3]]\nbeta = [[0, 1], [0.5, -1]]\n")
    got = answered(capsys, "backprop", "--file", path)
    assert got["problem"]["sizes"] == [2, 1, 2]
    assert got["values"]["a"] == [[pytest.approx(0.3, rel=1e-15, abs=0)]]


def test_an_exercise_repeats_and_another_seed_differs(capsys):
    first, again, other = (
        printed(capsys, "softmax", "--seed", seed, "--hide-answer") for seed in (7, 7, 8)
    )
    assert first == again != other
    assert "Result" not in first
    assert printed(capsys, "softmax", "--seed", "7").startswith(first.rstrip("\n"))


def test_an_option_beside_a_seed_is_kept(capsys):
    got = answered(capsys, "gradient", "--seed", "3", "--activation", "tanh", "--x", "1,2")
    assert got["problem"]["activation"] == "tanh"
    assert got["problem"]["x"] == [1, 2]
    assert len(got["problem"]["w"]) == 2


def test_count_makes_exercises_of_consecutive_seeds(capsys):
    several = answered(capsys, "gd-step", "--seed", "5", "--count", "3")
    single = [answered(capsys, "gd-step", "--seed", seed) for seed in (5, 6, 7)]
    assert several == single


def test_json_without_the_answer(capsys):
    got = answered(capsys, "conv", "--seed", "1", "--hide-answer")
    assert "results" not in got
    assert got["problem"]["image"]


def test_the_figure_is_written_and_the_answer_printed(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "new" / "a.png"
    assert "Activations" in printed(capsys, "activations", "--figure", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]


MISTAKES = {
    "unknown topic": (["sofmax"], "did you mean softmax?"),
    "unknown option": (["softmax", "--w", "1"], "unrecognized arguments: --w 1"),
    "an option of argparse's before the topic": (["--seed", "3"], "unrecognized arguments"),
    "no number": (["softmax", "--z", "1,x"], "--z: expected numbers separated by commas"),
    "nothing": (["softmax", "--z="], "--z: expected numbers separated by commas"),
    "an option without value": (["softmax", "--z"], "--z: expected one argument"),
    "not finite": (["softmax", "--z", "nan,1"], "--z: expected numbers"),
    "ragged": (["conv", "--image", "1,2;3"], "--image: expected matrices separated by bars"),
    "negative padding": (["conv", "--padding", "-1"], "--padding: expected a whole number, from 0"),
    "stride 0": (["conv", "--stride", "0"], "--stride: expected a whole number, from 1"),
    "unknown activation": (["gradient", "--activation", "rulu"], "one of identity, sigmoid"),
    "shapes": (["gradient", "--x", "1,2"], "--x has 2, --w has 1"),
    "overflow": (["gd-step", "--x", "1e200", "--w", "1e200"], "beyond what floating point"),
    "growing steps": (
        ["gd-step", "--lr", "1e30", "--steps", "200"], "beyond what floating point"
    ),
    "no such file": (["softmax", "--file", "absent.toml"], "absent.toml: cannot be read"),
    "a folder": (["softmax", "--file", "."], ".: is not a file"),
    "file without name": (["softmax", "--file="], "expected the name of a file"),
    "negative seed": (["softmax", "--seed", "-1"], "a whole number of at least 0, got '-1'"),
    "negative seed, joined": (["softmax", "--seed=-1"], "a whole number of at least 0"),
    "seed of text": (["softmax", "--seed", "x"], "a whole number of at least 0, got 'x'"),
    "no exercises": (["softmax", "--seed", "1", "--count", "0"], "from 1 to 1000, got 0"),
    "count alone": (["softmax", "--count", "2"], "--count needs --seed"),
    "unknown format": (["softmax", "--format", "pdf"], "invalid choice: 'pdf'"),
    "figure of another topic": (
        ["softmax", "--figure", "a.png"], "--figure is for the topic activations"
    ),
    "figure of no kind": (["activations", "--figure", "a.txt"], "ends in .png, .svg, .pdf"),
    "figure of a question": (
        ["activations", "--hide-answer", "--figure", "a.png"], "a figure is an answer"
    ),
    "no run": (["dead-relu", "--run", "nowhere"], "nowhere: holds no trained model"),
    "unknown statement": (["true-false", "--statements", "x"], "--statements: expected one of"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line_and_exit_2(kind, capsys, tmp_path, monkeypatch):
    if "figure" in kind:
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    words, message = MISTAKES[kind]
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_a_file_names_the_file(tmp_path, capsys):
    path = tmp_path / "p.toml"
    path.write_text("z = ['x']")
    code, out, err = run(capsys, "softmax", "--file", path)
    assert (code, out) == (2, "")
    assert err == f"mytorch: {path}: z: expected numbers separated by commas, as in 0.5,0.3; " \
        "got ['x']\n"  # fmt: skip


VALUES = st.one_of(
    st.text(alphabet="0123456789.,;|-+eExkK nai\n\0", max_size=12),
    st.lists(st.floats() | st.integers(-9, 9), max_size=5).map(lambda v: ",".join(map(str, v))),
    st.lists(st.lists(st.integers(-3, 9), min_size=1, max_size=3), max_size=3).map(
        lambda rows: ";".join(",".join(map(str, row)) for row in rows)
    ),
    st.sampled_from(
        ["relu", "elu", "softmax", "all", "same", "size", "parameters", "rows", "1e308"]
    ),
)
NAMES = sorted(
    {
        "--" + name.replace("_", "-")
        for topic in registry.TOPICS
        for name in registry.get(topic).problem.__dataclass_fields__
    }
    # These take as long as the numbers are large.
    - {"--width", "--depth", "--samples"}
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    topic=st.sampled_from([t for t in registry.TOPICS if t != "initialization"]),
    options=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4),
    seed=st.none() | st.integers(0, 10**6),
    hidden=st.booleans(),
    style=st.sampled_from(["--json", "--format=text", "--format=latex", "--format=markdown"]),
)
def test_whatever_the_arguments_there_is_an_answer_or_one_line(
    topic, options, seed, hidden, style, capsys
):
    own = {"--" + name.replace("_", "-") for name in
           registry.get(topic).problem.__dataclass_fields__}  # fmt: skip
    words = [f"{name}={text}" for name, text in options if name in own]
    words += [] if seed is None else [f"--seed={seed}"]
    words += ["--hide-answer"] if hidden else []
    code, out, err = run(capsys, topic, *words, style)
    if code == 0:
        assert err == ""
        assert out
    else:
        assert code == 2
        assert out == ""
        assert len(err.splitlines()) == 1


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    topic=st.sampled_from([t for t in registry.TOPICS if t != "initialization"]),
    table=st.dictionaries(
        st.sampled_from([name[2:] for name in NAMES] + ["x y"]),
        st.recursive(
            st.integers() | st.floats() | st.booleans() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=9,
        ),
        max_size=3,
    ),
)
def test_whatever_a_file_holds_there_is_an_answer_or_one_line(topic, table, tmp_path, capsys):
    path = tmp_path / "p.toml"
    lines = [f"{json.dumps(key)} = {_toml(held)}" for key, held in table.items()]
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    code, out, err = run(capsys, topic, "--file", path)
    assert code in (0, 2)
    assert bool(out) == (code == 0)
    assert len(err.splitlines()) == (code == 2)


def _toml(held):
    if isinstance(held, list):
        return f"[{', '.join(map(_toml, held))}]"
    return json.dumps(held) if isinstance(held, str | bool) else str(held)
