"""The arithmetic of the tables, on made-up measurements."""

from datetime import date

import pytest

from benchmarks.cells import cell, mean_ratio, memory, speed
from benchmarks.machine import judge
from benchmarks.page import render, steadiness
from benchmarks.peers import COLUMNS
from benchmarks.runner import Results, Variant
from benchmarks.tables import disagrees, markdown, milliseconds, workload_table
from benchmarks.targets import TARGETS, MemoryTarget, Target
from benchmarks.verdicts import shortfalls, target_table
from benchmarks.workloads import WORKLOADS, select


def sample(*milliseconds, figures=(2.3,), process=60 * 2**20, disturbed=0, steady=True):
    return {
        "times": [value / 1e3 for value in milliseconds],
        "runs": len(milliseconds) + disturbed,
        "steady": steady,
        "preparation": 0.25,
        "memory": 3 * 2**20,
        "process": process,
        "figures": list(figures),
        "versions": {"numpy": "2.0"},
    }


def results(workload="W1", /, **samples):
    """Measurements of a workload: results(torch_eager_1=[sample, ...])."""
    found = Results()
    for key, value in samples.items():
        column, mode, threads = key.rsplit("_", 2)
        found.samples[workload, Variant(column.replace("_", "-"), mode, int(threads))] = value
    return found


def rows(table):
    """The rows of the Markdown table in a text, by their first cell."""
    lines = [line.strip("| ").split("|") for line in table.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines[2:]}


def test_a_time_is_the_median_over_processes_of_their_medians():
    found = results(numpy__1=[sample(1, 2, 90), sample(5, 4, 6), sample(3, 3, 3)])
    assert cell(found, "W1", "numpy")[1:4] == pytest.approx((3e-3, 2e-3, 5e-3))


def test_a_disturbed_process_counts_only_where_all_were():
    found = results(numpy__1=[sample(8, steady=False), sample(3), sample(9, steady=False)])
    assert cell(found, "W1", "numpy")[1:4] == pytest.approx((3e-3, 3e-3, 3e-3))
    found = results(numpy__1=[sample(8, steady=False), sample(9, steady=False)])
    assert cell(found, "W1", "numpy")[1:4] == pytest.approx((8.5e-3, 8e-3, 9e-3))


def test_a_column_shows_its_fastest_variant():
    found = results(torch_eager_1=[sample(20)], torch_eager_2=[sample(10)])
    assert cell(found, "W1", "torch").variant == Variant("torch", "eager", 2)


def test_a_variant_that_left_early_is_not_the_fastest():
    found = results(torch_eager_1=[sample(9)], torch_eager_2=[sample(10), sample(10)])
    assert cell(found, "W1", "torch").variant.threads == 2


def test_pytorchs_defaults_count_for_its_best_too():
    found = results(torch_eager_1=[sample(10)], torch_best_compiled_1=[sample(12)])
    assert cell(found, "W1", "torch-best").time == pytest.approx(10e-3)
    found = results(torch_eager_1=[sample(10)])
    assert cell(found, "W1", "torch-best") is None  # nobody asked for its best
    found.failures["W1", Variant("torch-best", "fused", 1)] = "no"
    assert cell(found, "W1", "torch-best").time == pytest.approx(10e-3)
    found = results(torch_eager_1=[sample(10)], torch_best_compiled_1=[sample(5)])
    assert cell(found, "W1", "torch-best").time == pytest.approx(5e-3)
    assert cell(found, "W1", "torch").time == pytest.approx(10e-3)


def test_a_ratio_above_one_is_faster():
    found = results(torch_eager_1=[sample(30)], mytorch_numpy_1=[sample(20)])
    assert speed(found, "W1", "mytorch", "torch") == pytest.approx(1.5)
    assert speed(found, "W1", "mytorch", "sklearn") is None
    assert speed(found, "W1", "sklearn", "mytorch") is None


@pytest.mark.parametrize(
    ("ratio", "reached"), [(1.36, True), (1.35, True), (1.34, False), (2, True)]
)
def test_a_target_counts_as_reached_within_a_tenth(ratio, reached):
    assert Target("W1", "mytorch", "torch", 1.5).reached(ratio) == reached


@pytest.mark.parametrize(("ours", "verdict"), [(20, "yes"), (22, "yes"), (23, "NO")])
def test_the_table_says_which_targets_are_reached(ours, verdict):
    found = results(torch_eager_1=[sample(30)], mytorch_numpy_1=[sample(ours)])
    table = target_table(found, [WORKLOADS["W1"]])
    against_torch = table.splitlines()[2]
    assert against_torch.split("|")[5].strip() == "1.5x"
    assert against_torch.split("|")[7].strip() == verdict
    against_sklearn = table.splitlines()[3]
    assert [text.strip() for text in against_sklearn.split("|")[5:8]] == ["1.6x", "-", "-"]


@pytest.mark.parametrize(
    ("mebibytes", "share", "verdict"),
    [(250, "0.42x", "yes"), (300, "0.50x", "yes"), (306, "0.51x", "NO"), (None, "-", "-")],
)
def test_the_memory_of_a_process_has_targets_too(mebibytes, share, verdict):
    ours = [sample(30, process=mebibytes and mebibytes * 2**20)]
    found = results("W5", torch_eager_1=[sample(30, process=600 * 2**20)], mytorch_numpy_2=ours)
    lines = target_table(found, [WORKLOADS["W5"]]).splitlines()
    cells = [[text.strip() for text in line.strip("| ").split("|")] for line in lines]
    told = [row for row in cells if row[1] == "memory"]
    assert told[0] == [
        *("W5", "memory", COLUMNS["mytorch"].label, COLUMNS["torch"].label),
        *("at most 0.5x", share, verdict),
    ]
    assert told[1][2:] == [
        *(COLUMNS["mytorch-fast"].label, COLUMNS["torch"].label, "at most 0.5x", "-", "-")
    ]


def test_memory_is_compared_by_the_largest_process_of_the_fastest_variant():
    found = results(
        torch_eager_1=[sample(30, process=900)] * 2,
        torch_eager_2=[sample(20, process=400), sample(20, process=200)],
        numpy__1=[sample(10, process=100), sample(10, process=300)],
    )
    assert memory(found, "W1", "numpy", "torch") == pytest.approx(0.75)
    assert memory(found, "W1", "numpy", "jax") is None


def test_memory_is_judged_to_the_letter():
    target = MemoryTarget("W5", "mytorch", "torch", 0.5)
    assert target.reached(0.5)
    assert not target.reached(0.501)


def test_the_targets_are_of_what_is_measured():
    for target in TARGETS:
        assert select([target.workload])
        assert {target.column, target.against} <= set(COLUMNS)
    names = [(t.of, t.workload, t.column, t.against) for t in TARGETS]
    assert len(names) == len(set(names))


def test_w2_is_the_geometric_mean_over_its_sizes():
    found, names = Results(), ["W2-D4", "W2-D50", "W2-D200"]
    for name, theirs in zip(names, (2, 4, 1), strict=True):
        found.samples[name, Variant("torch", "eager", 1)] = [sample(theirs)]
        found.samples[name, Variant("mytorch", "numpy", 1)] = [sample(1)]
    assert mean_ratio("speed", found, names, "mytorch", "torch") == pytest.approx(2)
    assert "W2, geometric mean" in target_table(found, [WORKLOADS[name] for name in names])
    assert "W2, geometric mean" not in target_table(found, [WORKLOADS["W2-D4"]])
    del found.samples["W2-D4", Variant("mytorch", "numpy", 1)]
    assert mean_ratio("speed", found, names, "mytorch", "torch") is None


def test_a_missing_peer_is_a_dash_with_a_footnote():
    found = results(torch_eager_1=[sample(30)], gemm__1=[sample(10)], numpy__1=[sample(15)])
    found.failures["W1", Variant("jax", "", 1)] = "No module named 'jax'"
    found.failures["W1", Variant("jax", "", 2)] = "No module named 'jax'"
    found.failures["W1", Variant("torch-best", "compiled", 2)] = "no result within 9 s"
    text = workload_table(found, WORKLOADS["W1"], list(COLUMNS.values()))
    table = rows(text)
    assert set(table["JAX, compiled scan [2]"]) == {"-"}
    assert "- [2] JAX, compiled scan, 1 thread, 2 threads: No module named 'jax'" in text
    assert "- [1] PyTorch at its best (T*), compiled, 2 threads: no result within 9 s" in text
    assert set(table["scikit-learn"]) == {"-"}
    assert table["NumPy loop by hand"] == [
        *("15.0", "15.0 - 15.0", "1 thread", "+0.2 s", "3 MiB", "2.00x", "2.00x", "1.50x")
    ]
    assert table["PyTorch at its best (T*) [1]"][2] == "eager, 1 thread"


def test_who_has_no_place_in_a_workload_has_no_row():
    table = rows(workload_table(Results(), WORKLOADS["W7-1"], list(COLUMNS.values())))
    assert "JAX, compiled scan" in table
    assert not {"scikit-learn", "matrix products alone", "mytorch with `fast`"} & set(table)


def test_images_are_counted_per_second_and_the_process_is_weighed_whole():
    found = results("W5", torch_eager_1=[sample(800)], gemm_blocks_2=[sample(400)])
    table = workload_table(found, WORKLOADS["W5"], list(COLUMNS.values()))
    header = [title.strip() for title in table.splitlines()[2].strip("| ").split("|")]
    # 1,280 images in 0.8 s
    assert dict(zip(header, rows(table)["PyTorch as it comes (T)"], strict=True)) == {
        "ms": "800",
        "images/s": "1,600",
        "min - max": "800 - 800",
        "fastest as": "eager, 1 thread",
        "first run": "+0.2 s",
        "memory": "3 MiB",
        "process": "60 MiB",
        "speed / T": "1.00x",
        "speed / T*": "-",
        "time / floor": "2.00x",
    }
    assert rows(table)["matrix products alone"][3] == "blocks, 2 threads"
    assert "scikit-learn" not in rows(table)


@pytest.mark.parametrize(("loss", "wrong"), [(2.5, False), (2.6, True)])
def test_losses_under_masks_of_their_own_are_compared_roughly(loss, wrong):
    ours = {"numpy__1": [sample(1)], "torch_eager_1": [sample(1, figures=[loss])]}
    assert disagrees(results("W5", **ours), "W5", "torch") == wrong
    assert disagrees(results("W1", **ours), "W1", "torch")


@pytest.mark.parametrize(
    ("figure", "wrong"), [(2.3, False), (2.31, False), (2.4, True), (float("nan"), True)]
)
def test_a_peer_whose_losses_are_not_numpys_is_marked(figure, wrong):
    found = results(numpy__1=[sample(1)], torch_eager_1=[sample(1, figures=[figure])])
    assert disagrees(found, "W1", "torch") == wrong
    text = workload_table(found, WORKLOADS["W1"], [COLUMNS["torch"]])
    assert ("computes something else" in text) == wrong


def test_the_floor_reports_no_figures_and_agrees():
    found = results(numpy__1=[sample(1)], gemm__1=[sample(1, figures=[])])
    assert not disagrees(found, "W1", "gemm")


@pytest.mark.parametrize(
    ("ms", "text"), [(1389.4, "1,389"), (574, "574"), (37.04, "37.0"), (0.6, "0.60")]
)
def test_times_have_about_three_digits(ms, text):
    assert milliseconds(ms / 1e3) == text


def test_the_columns_of_a_table_line_up():
    table = markdown(["", "ms"], [["a long name", "1"], ["b", "1,000"]], right=[1])
    assert table.splitlines() == [
        "|             |    ms |",
        "| ----------- | ----: |",
        "| a long name |     1 |",
        "| b           | 1,000 |",
    ]


@pytest.mark.parametrize(
    ("load", "others", "word"),
    [
        (0.1, 0.02, "A quiet machine"),
        (0.1, 0.3, "NOT quiet"),
        (2.0, 0.0, "A quiet machine"),  # of the run before
        (2.0, None, "NOT quiet"),
        (None, None, "Nobody knows"),
    ],
)
def test_a_machine_that_others_use_is_not_quiet(load, others, word):
    assert word in judge(load, others, 2)


def test_the_page_holds_everything_needed_to_judge_it():
    found = results(torch_eager_1=[sample(30)], mytorch_numpy_1=[sample(20)])
    found.complete = False
    page = render(
        found,
        [WORKLOADS["W1"]],
        list(COLUMNS.values()),
        noise="A quiet machine.",
        settings="3 rounds",
        today=date(2026, 1, 2),
    )
    for fact in ("cores", "numpy 2.0", "BLAS", "2026-01-02", "seed", "A quiet machine.", "## W1"):
        assert fact in page
    assert "Interrupted" in page
    assert "784-128-64-10 relu, float32: SGD, batch 64, one epoch of 60,000" in page


def test_the_page_says_how_many_runs_count():
    found = results(
        torch_eager_1=[sample(30, disturbed=2), sample(31)],
        numpy__1=[sample(20, 20, steady=False)],
    )
    assert steadiness(found) == (
        "2 of 6 runs do not count because it slowed down beside them; "
        "1 of 3 processes found no steady seconds, and count only where all rounds were so."
    )


def test_a_missed_target_is_told_with_the_time_that_is_left():
    found = results(
        mytorch_numpy_2=[sample(500)], torch_eager_2=[sample(600)], gemm__2=[sample(250)]
    )
    assert shortfalls(found, [WORKLOADS["W1"]]) == (
        "Missed:\n\n- W1, mytorch, NumPy alone: 1.5 times as fast as PyTorch as it comes (T) would "
        "be 400 ms. The matrix products alone take 250; all the rest, now 250, would have to fit "
        "into 150."
    )
    assert shortfalls(found, [WORKLOADS["W3"]]) == ""
    found = results(mytorch_numpy_2=[sample(400)], torch_eager_2=[sample(600)])
    assert shortfalls(found, [WORKLOADS["W1"]]) == ""


def test_a_missed_target_of_memory_is_told_with_what_it_allows():
    found = results(
        "W5",
        mytorch_numpy_2=[sample(500, process=400 * 2**20)],
        torch_eager_2=[sample(500, process=600 * 2**20)],
    )
    assert shortfalls(found, [WORKLOADS["W5"]]) == (
        "Missed:\n\n- W5, mytorch, NumPy alone: 0.5 of the memory of PyTorch as it comes (T) would "
        "be 300 MiB; the process holds 400 MiB."
    )


def test_the_parts_of_a_columns_time_stand_below_its_table():
    found = results(mytorch_numpy_2=[sample(400) for _ in range(3)], gemm__2=[sample(200)])
    (key,) = [k for k in found.samples if k[1].column == "mytorch"]
    assert "Where the time goes" not in workload_table(
        found, WORKLOADS["W1"], [COLUMNS["mytorch"], COLUMNS["gemm"]]
    )
    for process, seconds in zip(found.samples[key], (0.25, 0.9, 0.1), strict=True):
        process["parts"] = {"dense layers": seconds, "the loop": 0.02}
    shown = workload_table(found, WORKLOADS["W1"], [COLUMNS["mytorch"], COLUMNS["gemm"]])
    assert shown.endswith(
        f"Where the time goes in {COLUMNS['mytorch'].label}, ms: dense layers 250, the loop 20.0; "
        "the matrix products alone take 200."
    )
