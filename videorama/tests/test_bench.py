"""`make bench` answers in one shape, from what it measured, and loses nothing to one that fails."""

import json
import subprocess
import sys
from statistics import median
from typing import Any

import pytest

from bench import __main__ as runner
from bench import page, report
from bench.report import Goal
from videorama.tests.surroundings import REPOSITORY, clean_environment

pytestmark = pytest.mark.embedded_only("the bench starts what it measures itself")


def bench(*words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON and the table of a run with tiny sizes."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--small", "--rounds", "2", *words],
        cwd=REPOSITORY,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def run() -> tuple[int, dict[str, Any], str]:
    return bench("inspecting", "rules")


def test_a_run_describes_the_machine_and_what_others_did_to_it(run: Any) -> None:
    code, found, _ = run
    assert code == 0
    machine = found["machine"]
    assert machine["cores"] >= 1
    assert all(machine[word] for word in ("date", "cpu", "memory_gb", "kernel", "file_system"))
    assert {"python", "django", "ffmpeg", "sqlite"} <= machine["versions"].keys()
    for one in found["benches"].values():
        assert 0 <= one["load_before"]["busy_share"] <= 1


def test_every_ratio_is_that_of_the_rounds_that_were_measured(run: Any) -> None:
    _, found, table = run
    rows = found["benches"]["inspecting"]["rows"]
    assert [row["tool"] for row in rows] == ["sha256sum", "ffmpeg -i", "both"]
    for row in rows:
        pairs = list(zip(row["ours_each"], row["bare_each"], strict=True))
        assert len(pairs) == 2
        assert row["ratio"] == pytest.approx(median(ours / bare for ours, bare in pairs))
        assert f"{row['ratio']:.2f}" in table
        assert row["name"] in table


def test_a_bench_that_fails_costs_only_its_own_figures() -> None:
    code, found, table = bench("inspecting", "rules", IMAGEIO_FFMPEG_EXE="/nowhere")
    assert code == 1
    assert "CalledProcessError" in found["benches"]["inspecting"]["error"]
    assert found["benches"]["inspecting"]["rows"] == []
    assert found["benches"]["rules"]["rows"]
    assert "proposals that are right" in table


def test_the_runner_knows_every_bench_and_no_other_module() -> None:
    assert {"imports", "inspecting", "renditions", "rules", "starting"} <= set(runner.names())
    assert not {"report", "tools", "machine", "page", "alone"} & set(runner.names())


@pytest.mark.parametrize(
    ("ours", "bare", "goal", "ratio", "is_met", "words"),
    [
        ([2.0, 3.0, 10.0], [2.0, 2.0, 2.0], Goal(at_most=1.5), 1.5, True, "<= 1.50"),
        ([2.0, 3.2], [1.0, 2.0], Goal(at_most=1.1, allowance=1), 1.8, True, "<= 1.10 + 1 s"),
        ([3.3, 3.3], [2.0, 2.0], Goal(at_most=1.1, allowance=1), 1.65, False, "<= 1.10 + 1 s"),
        ([90.0], [100.0], Goal(at_least=0.95), 0.9, False, ">= 0.95"),
    ],
)
def test_a_goal_is_held_to_the_median_of_the_rounds(
    ours: list[float], bare: list[float], goal: Goal, ratio: float, is_met: bool, words: str
) -> None:
    row = report.compare("x", ours=ours, bare=bare, unit="s", tool="y", goal=goal)
    assert row.ratio == pytest.approx(ratio)
    assert (row.is_met, row.goal) == (is_met, words)


def test_a_figure_alone_is_held_to_its_own_limit() -> None:
    row = report.limit("memory", ours=[150, 300, 180], unit="MB", goal=Goal(at_most=200))
    assert (row.ours, row.is_met, row.goal) == (180, True, "<= 200 MB")


def test_rounds_without_their_counterpart_are_refused() -> None:
    with pytest.raises(ValueError, match="2 rounds of ours, 1 of the bare tool"):
        report.compare("x", ours=[1, 2], bare=[1], unit="s", tool="y")


def test_the_page_takes_its_figures_from_a_run_and_keeps_its_words(run: Any) -> None:
    text = page.PAGE.read_text("utf-8")
    written = page.replaced(text, page.rendered(run[1]))
    before, after = text.partition(page.BEGIN)[0], text.partition(page.END)[2]
    assert written.startswith(before)
    assert written.endswith(after)
    assert page.replaced(written, page.rendered(run[1])) == written
    for row in run[1]["benches"]["inspecting"]["rows"]:
        assert f"| {row['name']} |" in written
    assert run[1]["machine"]["cpu"] in written
