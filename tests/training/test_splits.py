from dataclasses import replace

import numpy as np
import pytest

from modzoo.data.examples import TextExamples
from modzoo.training import read_splits

pytestmark = pytest.mark.one_backend
NAMES = [f"class {i}" for i in range(30)]
OUT = ("Two are left out.",)
FEW = TextExamples(["a", "b", "c"], np.array([0, 2, 2]), NAMES, "train", "s", OUT)


def test_what_each_split_holds_is_printed(capsys):
    parts = {
        "train": FEW,
        "validation": replace(FEW.limit(1), split="validation"),
        None: TextExamples(["a"] * 30, np.arange(30), NAMES, "test", "s"),
    }
    assert read_splits(parts.get) == list(parts.values())
    train, validation, test, *remarks = capsys.readouterr().err.splitlines()
    assert train == "train: 3 texts of 2 classes (class 0 1, class 2 2)"
    assert validation == "validation: 1 texts of 1 classes (class 0 1)"
    assert test.startswith("test: 30 texts of 30 classes (") and test.endswith(" and 20 more)")
    assert remarks == list(OUT)
