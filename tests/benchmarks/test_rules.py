"""The benchmark runs, and Lapel's answers are those of the SQL by hand. How fast, no test says."""

import subprocess
import sys
from pathlib import Path

TINY = ["--people", "40", "--activities", "4000", "--batches", "1", "--asked", "2", "--due", "50"]


def test_the_benchmark_runs_and_its_answers_are_equal() -> None:
    command = [sys.executable, "-m", "benchmarks.rules", *TINY]
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("permanent") > 10
    assert "answers that differ: 0" in done.stdout
    assert "ratio" in done.stdout.splitlines()[-1]
