"""The images application on the command line: what is its own."""

import json

import numpy as np
import pytest
from PIL import Image

PRESET = "images_mnist_cifar"


@pytest.mark.one_backend
def test_what_is_generated_follows_its_flags(call, tmp_path):
    args = ["predict", PRESET, "--num-samples", "3", "--out", tmp_path / "s.png"]
    code, out, _ = call(*args, "--json")
    records = json.loads(out)
    assert code == 0 and len(records) == 3
    assert all(record["is_generated"] and record["bits_per_dim"] > 0 for record in records)
    first = (tmp_path / "s.png").read_bytes()
    for more in (["--seed", "1"], ["--temperature", "0.1"]):
        assert call(*args, *more)[0] == 0
        assert (tmp_path / "s.png").read_bytes() != first
    assert json.loads(call(*args, "--disable", "3:0", "--json")[1]) != records


@pytest.mark.one_backend
def test_predict_completes_a_picture(call, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 56, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "p.png")
    args = ["predict", PRESET, tmp_path / "p.png", "--num-samples", "2"]
    code, out, _ = call(*args, "--out", tmp_path / "s.png", "--json")
    records = json.loads(out)
    assert code == 0
    assert [record["input"] for record in records] == [str(tmp_path / "p.png")] * 3
    assert [record["is_generated"] for record in records] == [False, True, True]
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    zoom = 128 // 14
    gap = zoom // 2
    parts = [sheet[:, i * (28 * zoom + gap) :][:, : 28 * zoom] for i in range(3)]
    for part in parts[1:]:
        assert np.array_equal(part[: 7 * zoom], parts[0][: 7 * zoom])
    assert not np.array_equal(parts[0], parts[1])


@pytest.mark.one_backend
def test_explain_a_picture(call, tmp_path):
    Image.fromarray(np.zeros((14, 28, 3), "uint8")).save(tmp_path / "p.png")
    args = ["explain", PRESET, tmp_path / "p.png", "--out", tmp_path / "e", "--json"]
    record = json.loads(call(*args, "--disable", "2:1")[1])
    assert record["input"] == str(tmp_path / "p.png")
    assert record["sides"] == ["digit", "photograph"]
    assert np.shape(record["competition"]) == (3, 1, 14, 28, 2)
    assert not np.array(record["competition"])[0, ..., 1].any()
    code, _, err = call("explain", PRESET, "--disable", "7", "--out", tmp_path / "e")
    assert code == 2 and "no mechanism '7' to disable" in err


@pytest.mark.one_backend
def test_published_data(call, data_dir, tmp_path):
    small = [
        "--limit",
        "48",
        "--num-layers",
        "3",
        "--plain-layers",
        "0,-1",
        "--width",
        "16",
        "--resolution",
        "4",
    ]
    args = ["train", "images/mnist_cifar", "--data", data_dir, *small, "--num-colors", "8"]
    code, out, err = call(*args, "--epochs", "6", "--out", tmp_path / "r", "--json")
    assert code == 0, err
    metrics = json.loads(out)["metrics"]  # 3 bits are what 8 colours cost without a model
    assert metrics["digit_bits_per_dim"] < 2.9 and metrics["photograph_bits_per_dim"] < 2.99
