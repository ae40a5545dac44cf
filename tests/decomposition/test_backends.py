"""The same modules on every backend, of a network that one of them wrote."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from modzoo.decomposition import decompose, load_model
from tests.backends import BACKENDS
from tests.decomposition import networks

CASES = [("rolled", "effect"), ("unrolled", "tendency")]


def masks_of(path):
    """`{case: {label: {layer: rows of 0 and 1}}}` of the model in a file."""
    model = load_model(path)
    data = networks.texts(60)
    found = {}
    for mode, rule in CASES:
        modules = decompose(model, data, mode=mode, rule=rule, max_removed=0.4)
        found[f"{mode}, {rule}"] = {
            label: {layer: mask.astype(int).tolist() for layer, mask in layers.items()}
            for label, layers in modules.masks.items()
        }
    return found


@pytest.mark.slow
@pytest.mark.one_backend
def test_masks_are_the_same_on_every_backend(tmp_path):
    path = tmp_path / "model.keras"
    networks.network(("first", "second", "fourth")).save(path)
    args = [sys.executable, "-m", "tests.decomposition.test_backends", path]
    started = {
        backend: subprocess.Popen(
            args, env={**os.environ, "KERAS_BACKEND": backend}, stdout=subprocess.PIPE, text=True
        )
        for backend in BACKENDS
        if backend != "tensorflow"
    }
    here = masks_of(path)
    for case in here.values():
        kept = [np.mean(rows) for layers in case.values() for rows in layers.values()]
        assert min(kept) < 1
    for backend, process in started.items():
        printed, _ = process.communicate()
        assert process.returncode == 0
        assert json.loads(printed.splitlines()[-1]) == here, backend


if __name__ == "__main__":
    print(json.dumps(masks_of(sys.argv[1])))
