"""One training a folder: locks between processes, within one, and after a kill."""

import subprocess
import sys

import pytest

from modzoo.errors import CallError
from modzoo.training import BaseModelSettings, Run
from modzoo.training.lock import FolderLock

pytestmark = pytest.mark.one_backend
HOLD = (
    "import sys, time; from modzoo.training.lock import FolderLock; "
    "held = FolderLock(sys.argv[1]); print('held', flush=True); time.sleep(60)"
)


def test_another_process_is_kept_out_until_it_is_killed(tmp_path):
    args = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CallError, match="Another training is writing to"):
            FolderLock(tmp_path)
        other.kill()
    FolderLock(tmp_path).close()


def test_two_runs_begun_at_once(tmp_path):
    first, second = (Run.begin(tmp_path / "r", "x/y", BaseModelSettings()) for _ in range(2))
    first.write_config()
    first.write_config()  # it is its own
    with pytest.raises(CallError, match="Another training is writing to"):
        second.write_config()
    resumed = Run.resume(tmp_path / "r", "x/y", BaseModelSettings, {})
    with pytest.raises(CallError, match="Another training is writing to"):
        resumed.write_config()
    first.close()
    resumed.write_config()
    resumed.close()
    with pytest.raises(CallError, match=r"not empty.*--resume"):
        second.write_config()  # begun in a folder that was empty then


def test_a_part_is_of_its_run(tmp_path):
    run = Run.begin(tmp_path, "x/y", BaseModelSettings())
    run.write_config()
    run.part("pos", BaseModelSettings()).write_config()
    run.close()
    FolderLock(tmp_path).close()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "f").write_text("")
    run = Run(tmp_path / "f" / "r", "x/y", BaseModelSettings())
    with pytest.raises(CallError, match=r"Cannot write to .*: Not a directory"):
        run.write_config()
