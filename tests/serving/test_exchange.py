import numpy as np
import pytest

from modzoo.serving.readers import exchange

pytestmark = pytest.mark.one_backend


def test_what_is_saved_is_loaded(tmp_path):
    strings = np.array([[b"a\0", b""], ["é", b"\xff"]], object)
    records = [
        {"file": strings, "../b": np.arange(3)},
        {},
        {"c": np.array([True]), "d": strings[:0]},
    ]
    exchange.save(tmp_path / "f.npz", records, ["x", 1.5])
    loaded, notes = exchange.load(tmp_path / "f.npz")
    assert notes == ["x", 1.5]
    assert [list(record) for record in loaded] == [["file", "../b"], [], ["c", "d"]]
    assert loaded[0]["file"].tolist() == [[b"a\0", b""], ["é".encode(), b"\xff"]]
    assert loaded[0]["../b"].tolist() == [0, 1, 2]
    assert loaded[2]["c"].dtype == bool and loaded[2]["d"].shape == (0, 2)
