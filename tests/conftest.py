import contextlib
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with contextlib.suppress(ImportError):
    import torch  # noqa: F401  before TensorFlow: the other order has been seen to crash

import keras
import pytest


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
