import os
import threading
from pathlib import Path

import numpy as np
import pytest

from modzoo.knowledge import FeatureCache, cache_folder

KEY = "ab" + 38 * "0"
ARRAY = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def files(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_is_kept_comes_back(tmp_path, dtype):
    cache = FeatureCache(tmp_path, dtype=dtype)
    assert cache.read(KEY, 4) is None
    cache.write(KEY, ARRAY)
    found = FeatureCache(tmp_path).read(KEY, 4)  # another process
    np.testing.assert_array_equal(found, ARRAY.astype(dtype).astype("float32"))
    np.testing.assert_array_equal(found, cache.rounded(ARRAY))
    cache.write(KEY, np.zeros((0, 4)))
    assert cache.read(KEY, 4).shape == (0, 4)


DAMAGES = {
    "cut": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "empty": lambda content: b"",
    "pickle": lambda content: b"\x80\x04cos\nsystem\n(S'id'\ntR.",
    "huge": lambda content: content[:18] + b"\xff" * 8 + content[26:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_counts_as_none_and_is_made_anew(tmp_path, damage):
    cache = FeatureCache(tmp_path)
    cache.write(KEY, ARRAY)
    (path,) = files(tmp_path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert cache.read(KEY, 4) is None
    cache.write(KEY, ARRAY)
    assert cache.read(KEY, 4) is not None
    assert cache.read(KEY, 5) is None  # of another model


def test_the_oldest_go(tmp_path, caplog):
    one = FeatureCache(tmp_path / "one")
    one.write(KEY, ARRAY)
    size = files(tmp_path / "one")[0].stat().st_size
    cache = FeatureCache(tmp_path / "all", max_bytes=10 * size)
    for i in range(25):
        key = f"{i:040x}"
        cache.write(key, ARRAY)
        os.utime(cache._path(key), ns=(i, i))
    assert sum(file.stat().st_size for file in files(tmp_path / "all")) <= 10 * size
    assert cache.read(f"{24:040x}", 4) is not None
    assert cache.read(f"{0:040x}", 4) is None
    assert len([r for r in caplog.records if "--lm-cache-gb" in r.getMessage()]) == 1


def test_many_write_at_once(tmp_path):
    keys = [f"{i:040x}" for i in range(40)]

    def fill():
        cache = FeatureCache(tmp_path, max_bytes=2**20)
        for key in keys:
            cache.write(key, ARRAY)

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(FeatureCache(tmp_path).read(key, 4) is not None for key in keys)
    assert len(files(tmp_path)) == len(keys)  # nothing half-written


def test_a_folder_that_is_gone_stops_nothing(tmp_path, caplog):
    cache = FeatureCache(tmp_path / "cache")
    (tmp_path / "cache").rmdir()
    cache.write(KEY, ARRAY)
    assert "vectors are not kept" in caplog.text


def test_the_folder_is_the_users(monkeypatch):
    monkeypatch.setenv("MODZOO_CACHE", "/a/b")
    assert cache_folder() == Path("/a/b")
    monkeypatch.delenv("MODZOO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert cache_folder() == Path("/c/modzoo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "modzoo"
