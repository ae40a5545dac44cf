import contextlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Workers of pytest-xdist share the cores; threads that wait for each other would fill them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
# Each worker, and each command that a test starts, would compile the same on JAX.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(tempfile.gettempdir(), "modzoo-tests-jax"))
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
with contextlib.suppress(ImportError):
    import torch  # noqa: F401  before TensorFlow: the other order has been seen to crash

import keras
import pytest

from modzoo import cli


@pytest.fixture(autouse=True)
def fresh_session():
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)


@pytest.fixture
def data_dir():
    """The folder of the published data sets: $MODZOO_DATA, or `shared/data` by the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MODZOO_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"No data: {folder} is not a folder. Set MODZOO_DATA.")
    return folder


@pytest.fixture
def call(capsys, monkeypatch):
    """Runs a command; gives exit code, standard output and standard error."""
    monkeypatch.setenv("KERAS_BACKEND", keras.backend.backend())

    def run(*args):
        with pytest.raises(SystemExit) as caught:
            cli.main([str(arg) for arg in args])
        return caught.value.code, *capsys.readouterr()

    return run
