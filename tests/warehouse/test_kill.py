"""SIGKILL at random moments of load, build and publish: the next run ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ingestion.archives import year
from tests.warehouse.published import assert_same, marts

SEED = 5


def isobar(data_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "isobar.cli", "--data-dir", str(data_dir), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()


def is_killed(process: subprocess.Popen[bytes], moment: float) -> bool:
    """Kill after `moment` seconds. False when there was nothing left to kill."""
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.long)])
def test_a_killed_run_is_made_good_by_the_next(built, tmp_path, kills):
    """`built` has January 2020."""
    chance = random.Random(SEED)
    second, base = tmp_path / "second", built
    year(second, 2020, t="281.0")  # a rewritten file
    year(second, 2021, days=20)
    steps = (("load", "synop", "--from", str(second)), ("build",))
    undisturbed, seconds = tmp_path / "undisturbed", []
    shutil.copytree(base, undisturbed)
    for step in steps:
        started = time.monotonic()
        finish(isobar(undisturbed, *step))
        seconds.append(time.monotonic() - started)
    expected = marts(undisturbed)
    for number in range(kills):
        # half of the kills fall into build and publish, half into the load, whichever takes longer
        struck_step = (number + 1) % 2
        *done, struck = steps[: struck_step + 1]
        moment = chance.uniform(0.05, seconds[struck_step])
        house = tmp_path / f"killed{number}"
        shutil.copytree(base, house)
        for step in done:
            finish(isobar(house, *step))
        while not is_killed(isobar(house, *struck), moment):
            moment /= 2  # the machine was faster this time and the run was over: again, earlier
            shutil.rmtree(house)
            shutil.copytree(base, house)
            for step in done:
                finish(isobar(house, *step))
        before = marts(house)  # readers see the publication before or after, whole
        assert before["fct_observations"] in (marts(base)["fct_observations"], expected["fct_observations"])
        for step in steps:
            finish(isobar(house, *step))
        assert_same(marts(house), expected)
        shutil.rmtree(house)
