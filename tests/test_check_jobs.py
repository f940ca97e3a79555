"""The tool that hands job files to the programs that they are for: on two sweeps, without these."""

from pathlib import Path

import pytest

from tools import check_jobs


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = check_jobs.unpacked(tmp_path_factory.mktemp("sweeps"))
    return {name: found[name] for name in ("hostile", "gaps")}


def test_there_is_a_sweep_for_every_machine_and_one_with_gaps(folders: dict[str, Path]) -> None:
    names = [name for name, _ in check_jobs.plans()]
    assert len(names) == len({*names}) == len(check_jobs.MACHINES) + 3
    numbers = [line.split("\t")[0] for line in check_jobs.lines_of(folders["gaps"] / "members.tsv")]
    assert len(numbers) < int(numbers[-1])
    assert not any(map(check_jobs.owned, folders.values()))


def test_bash_takes_the_scripts_and_refuses_a_spoilt_one(folders: dict[str, Path]) -> None:
    assert all(line.is_fine for line in check_jobs.bash(folders))
    script = folders["gaps"] / "slurm.sbatch"
    whole = script.read_text()
    script.write_text(whole + "\nif then\n")
    assert not all(line.is_fine for line in check_jobs.bash(folders))
    script.write_text(whole)


def test_the_spoilt_tasks_are_not_the_task(folders: dict[str, Path]) -> None:
    whole = (folders["gaps"] / "skypilot.yaml").read_text()
    texts = {Path(file).read_text() for file, _ in check_jobs.spoiled(folders["hostile"])}
    assert len(texts) == 4
    assert whole not in texts


def test_without_skypilot_nothing_is_said_of_it(folders: dict[str, Path]) -> None:
    assert [*check_jobs.sky(folders, None)] == []
