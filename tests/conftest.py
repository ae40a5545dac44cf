import contextlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Workers of pytest-xdist share the cores; threads that wait for each other would fill them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
# See modzoo/__init__.py, which is imported after Keras here.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
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

TESTS = Path(__file__).parent
# What reads files, texts and the source: nothing there computes with Keras (the knowledge's
# string operations are TensorFlow's on every backend), so other backends would run the same.
# Where such a folder alone is named on one of them, nothing is left, and pytest exits with 5.
ONE_BACKEND = {TESTS / name for name in ("data", "knowledge", "plots", "test_imports.py")}


def pytest_collection_modifyitems(config, items):
    """Leaves the tests of `ONE_BACKEND`, and those marked so, to the run on TensorFlow."""
    if keras.backend.backend() == "tensorflow":
        return
    kept, left = [], []
    for item in items:
        kept_here = ONE_BACKEND.isdisjoint([item.path, *item.path.parents])
        kept_here = kept_here and item.get_closest_marker("one_backend") is None
        (kept if kept_here else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


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
