from pathlib import Path

import keras
import pytest

from modzoo.decomposition import removing, reporting

COMPILED = ("test_sets",)  # where what is saved and served runs as it will
WARNING = "ignore:Even though the `tf.config.experimental_run_functions_eagerly`"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings(WARNING))


@pytest.fixture
def few_shares(monkeypatch):
    """Trials of two shares and curves of one, where all nine would show no more."""
    monkeypatch.setattr(removing, "SHARES", (0.2, 0.5))
    monkeypatch.setattr(reporting, "SHARES", (0.5,))


@pytest.fixture(scope="module", autouse=True)
def eager(request):
    """Small networks are called once or twice: on TensorFlow tracing would take most of the
    time."""
    if keras.backend.backend() != "tensorflow" or request.path.stem in COMPILED:
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
