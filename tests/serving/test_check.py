import importlib.util
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from modzoo.serving.check import READERS, check_servable
from modzoo.serving.graph import GRAPH
from modzoo.serving.warmup import WARMUP, Request, read_requests, write_requests
from tests.serving import exported

pytestmark = [pytest.mark.one_backend, pytest.mark.xdist_group("serving")]


@pytest.fixture
def small(tmp_path):
    return exported.write_small(tmp_path / "1")


def changed(folder, change):
    """Lets `change` alter the one graph of a SavedModel."""
    saved = saved_model_pb2.SavedModel.FromString((folder / GRAPH).read_bytes())
    change(saved.meta_graphs[0])
    (folder / GRAPH).write_bytes(saved.SerializeToString())


# Sound ones


def test_every_reader_answers_as_the_model_does(call):
    report = exported.preset("sentiment_sst2")
    code, out, err = call("check", report["path"], "--json")
    assert code == 0, out + err
    found = json.loads(out)
    assert found["is_sound"] and not found["breaches"]
    read = {(row["reader"], row["signature"]): row for row in found["readers"]}
    assert len(read) == len(READERS[GRAPH]) * len(report["signatures"])
    for (reader, signature), row in read.items():
        if READERS[GRAPH][0].name == reader or signature == "network" or "session" in reader:
            assert row["difference"] <= 1e-4 and row["output"], row
        else:  # with a reason
            assert row["difference"] is None and len(row["reason"]) > 10, row


@pytest.fixture
def few_readers(monkeypatch):
    """One reader is enough where it is not they who are tested."""
    monkeypatch.setitem(READERS, GRAPH, READERS[GRAPH][:1])


def test_people_get_a_table(call, small, few_readers):
    code, out, err = call("check", small)
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0].split() == ["reader", "signature", "largest", "difference"]
    assert lines[1].split() == ["tf.saved_model.load", "serving_default", "0.0e+00", "y"]
    assert lines[-1] == f"{small}: sound (1 requests, at most 0.0001)"


def test_a_missing_reader_is_named(small, monkeypatch):
    hidden = {"openvino", "tf2onnx"}
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n in hidden else find(n))
    report = check_servable(small, readers=("open_vino", "onnx_runtime"))
    assert report["is_sound"]
    reasons = [row["reason"] for row in report["readers"]]
    assert reasons == [f"{n} not installed: pip install 'modzoo[export]'" for n in sorted(hidden)]


# Others


def test_a_difference_ends_in_code_1(call, tmp_path, few_readers):
    folder = exported.write_small(tmp_path / "1", answer=np.float32([2, 4.001]))
    code, out, _ = call("check", folder, "--json")
    report = json.loads(out)
    assert code == 1 and not report["is_sound"]
    assert report["readers"][0]["difference"] == pytest.approx(0.00025, 1e-2)


def test_a_model_to_compare_with(call, tmp_path, few_readers):
    report = exported.preset("tagging_language_id")
    folder = tmp_path / "1"
    shutil.copytree(report["path"], folder)
    requests, answers = read_requests(folder)
    answers[0]["language_scores"] = answers[0]["language_scores"] + 1
    write_requests(folder, "x", requests, answers)
    code, out, _ = call("check", folder)
    assert code == 1 and "not sound" in out
    assert call("check", folder, "--model", "tagging_language_id")[0] == 0
    code, _, err = call("check", folder, "--model", "images_mnist_cifar")
    assert code == 2 and "has no signature" in err


def rename(folder):
    return folder.rename(folder.with_name("one"))


def fix_batch(folder):
    shape = "serving_default"
    changed(folder, lambda g: _dim(g.signature_def[shape].inputs["x"]))


def _dim(tensor):
    tensor.tensor_shape.dim[0].size = 2


def other_signature(folder):
    write_requests(folder, "x", [Request("other", {"x": np.zeros(1)})], [{"y": np.zeros(1)}])


def other_input(folder):
    request = Request("serving_default", {"z": np.zeros(1)})
    write_requests(folder, "x", [request], [{"y": np.zeros(1)}])


def no_default(folder):
    def change(graph):
        graph.signature_def["mine"].CopyFrom(graph.signature_def["serving_default"])
        del graph.signature_def["serving_default"]

    changed(folder, change)


@pytest.mark.parametrize(
    "change, says",
    [
        (rename, "called by its version, a number, not 'one'"),
        (fix_batch, "x of inputs of serving_default has no variable batch"),
        (other_signature, "A warm-up request is of other, which is not there"),
        (other_signature, "No warm-up request is of serving_default"),
        (other_input, "A warm-up request has other inputs than serving_default"),
        (no_default, "There is no signature serving_default"),
    ],
)
def test_breaches(change, says, small):
    folder = change(small) or small
    report = check_servable(folder, readers=())
    assert not report["is_sound"] and any(says in breach for breach in report["breaches"])


def empty(folder):
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def cut(folder):
    file = folder / GRAPH
    file.write_bytes(file.read_bytes()[:-100])


def no_tag(folder):
    changed(folder, lambda graph: graph.meta_info_def.tags.remove("serve"))


def stray_asset(folder):
    changed(folder, lambda graph: graph.asset_file_def.add(filename="../../secret"))


def damage_warmup(folder):
    file = folder / WARMUP
    file.write_bytes(file.read_bytes()[:-3])


@pytest.mark.parametrize(
    "change, says",
    [
        (empty, "holds no servable, none of saved_model.pb, model.onnx, model.tflite; modzoo exp"),
        (lambda folder: folder.parent, "it holds the versions 1, name one"),
        (lambda folder: folder / "none", "There is no folder"),
        (cut, "it is no SavedModel, or a damaged one"),
        (no_tag, "one graph, with the tag 'serve'; it holds 1, 0 of them with the tag"),
        (stray_asset, "names the asset '../../secret', which lies outside its folder"),
        (damage_warmup, "Cannot read"),
        (lambda folder: (folder / WARMUP).unlink(), "no requests to warm up with"),
    ],
)
def test_what_is_no_servable(change, says, call, small):
    folder = change(small) or small
    code, out, err = call("check", folder)
    assert (code, out) == (2, "") and says in err
    assert err.count("\n") == 1


def in_a_loop(x):
    def body(i):
        with tf.control_dependencies([tf.io.write_file("hacked", "x")]):
            return i + 1

    return x + tf.while_loop(lambda i: i < 1.0, body, [tf.constant(0.0)])[0]


def in_a_function(x):
    return tf.function(lambda x: tf.py_function(lambda y: y, [x], tf.float32))(x)


def beside(x):
    tf.io.write_file("hacked", "x")
    return x


@pytest.mark.parametrize(
    "function, name",
    [
        (lambda x: x + tf.strings.to_number(tf.io.read_file("secret")), "ReadFile"),
        (in_a_loop, "WriteFile"),
        (in_a_function, "EagerPyFunc"),
        (beside, "WriteFile"),
        (lambda x: x + tf.random.uniform([]), "RandomUniform"),
    ],
)
def test_other_operations_are_refused_before_anything_is_run(
    function, name, call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    folder = exported.write_small(tmp_path / "1", function)
    code, out, err = call("check", folder)
    assert (code, out) == (2, "")
    assert "nothing of it was run" in err and name in err
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("of", ["outputs", "collection", "function"])
def test_the_checkpoint_is_written_by_nothing_that_is_run(of, call, small):
    def change(graph):
        saving = graph.saver_def.save_tensor_name
        if of == "outputs":
            graph.signature_def["serving_default"].outputs["z"].name = saving
        elif of == "collection":
            name = saving.partition(":")[0]
            graph.collection_def["legacy_init_op"].node_list.value.append(name)
        else:
            called = next(n.op for n in graph.graph_def.node if n.name == saving.partition(":")[0])
            names = [f.signature.name for f in graph.graph_def.library.function]
            saver = called if called in names else next(n for n in names if "traced_save" in n)
            graph.object_graph_def.concrete_functions[saver].bound_inputs.append(0)

    changed(small, change)
    code, _, err = call("check", small)
    assert code == 2 and "SaveV2" in err
