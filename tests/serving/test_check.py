import functools
import importlib.util
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from modzoo.serving.check import check_servable
from modzoo.serving.graph import GRAPH
from modzoo.serving.independent import READERS
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


def test_a_difference_is_found_by_every_reader(tmp_path):
    folder = exported.write_small(tmp_path / "1", answer=np.array([b"2", b"4"]))
    report = check_servable(folder, readers=("saved_model", "session"))
    assert not report["is_sound"]
    for row in report["readers"]:
        assert row.keys() == {"reader", "signature", "difference", "output", "reason"}
        assert row["difference"] == np.inf


def test_bfloat16_is_compared_as_numbers(tmp_path):
    answer = np.float32([1, 2])
    folder = exported.write_small(tmp_path / "1", lambda x: tf.cast(x, tf.bfloat16), answer=answer)
    report = check_servable(folder, readers=("session",))
    assert [row["difference"] for row in report["readers"]] == [0]


def test_a_version_is_checked_from_inside_it(small, monkeypatch):
    monkeypatch.chdir(small)
    report = check_servable(".", readers=())
    assert report["breaches"] == [] and report["folder"] == str(small)


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


def number_too_high(folder):
    return folder.rename(folder.with_name(str(2**63)))


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
        (number_too_high, f"at most {2**63 - 1}, not {2**63}"),
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
        (lambda folder: folder.parent, "; name one inside it: "),
        (lambda folder: folder / "none", "There is no folder"),
        (
            lambda folder: folder / GRAPH,
            "saved_model.pb is a file; a servable is a version's folder",
        ),
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


def save(file, x):
    saved = tf.raw_ops.SaveV2(
        prefix=file, tensor_names=["x"], shape_and_slices=[""], tensors=[tf.identity(x)]
    )
    with tf.control_dependencies([saved] if saved is not None else []):
        return tf.identity(2 * x)


def restore(file, x):
    names = {"tensor_names": ["x/.ATTRIBUTES/VARIABLE_VALUE"], "shape_and_slices": [""]}
    return x + tf.raw_ops.RestoreV2(prefix=file, **names, dtypes=[tf.float32])[0]


def look_up(file, x):
    table = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
    tf.raw_ops.InitializeTableFromTextFileV2(
        table_handle=table, filename=file, key_index=-2, value_index=-1
    )
    return x + tf.cast(tf.raw_ops.LookupTableSizeV2(table_handle=table), tf.float32)


def called(folder):
    """What a SavedModel answers as it stands."""
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return serve(x=tf.constant([1.0]))["y"].numpy().tolist()


@pytest.mark.parametrize("within", [False, True])
def test_nothing_is_saved(within, call, tmp_path, few_readers):
    file = str(tmp_path / "hacked")
    function = functools.partial(save, file)
    folder = exported.write_small(tmp_path / "1", tf.function(function) if within else function)
    called(folder)
    written = list(tmp_path.glob("hacked*"))
    assert written  # as it stands
    for path in written:
        path.unlink()
    code, out, err = call("check", folder)
    assert code == 0, out + err
    assert not list(tmp_path.glob("hacked*"))


def test_variables_are_read_from_the_servable_alone(tmp_path, few_readers):
    tf.train.Checkpoint(x=tf.Variable(1.0)).write(str(tmp_path / "secret"))
    folder = exported.write_small(tmp_path / "1", lambda x: restore(str(tmp_path / "secret"), x))
    assert called(folder) == [2.0]  # as it stands
    (row,) = check_servable(folder)["readers"]
    assert row["difference"] is None and "RestoreV2" in row["reason"]


def test_tables_are_filled_from_assets_alone(call, tmp_path):
    (tmp_path / "secret").write_text("a\nb\n")
    folder = exported.write_small(tmp_path / "1", lambda x: look_up(str(tmp_path / "secret"), x))
    code, out, err = call("check", folder)
    assert (code, out) == (2, "") and "reads a file that is none of the servable's" in err


def link(folder):
    (folder / "assets" / "zero").symlink_to("/dev/zero")


def loop(folder):
    (folder / "assets" / "loop").symlink_to("..")


def pipe(folder):
    os.mkfifo(folder / "variables" / "pipe")


def large(folder):
    with open(folder / "variables" / "more", "wb") as file:
        file.truncate(2**34)


@pytest.mark.parametrize(
    "change, says",
    [
        (link, "zero is no plain file"),
        (loop, "loop is no plain file"),
        (pipe, "pipe is no plain file"),
        (large, "more than 10,000 files or 8,589,934,592 bytes"),
    ],
)
def test_a_folder_of_other_things(change, says, call, small):
    (small / "assets").mkdir(exist_ok=True)
    change(small)
    code, out, err = call("check", small)
    assert (code, out) == (2, "") and says in err


def many(folder):
    requests = [Request("serving_default", {"x": np.zeros(1)})] * 1001
    write_requests(folder, "x", requests, [{"y": np.zeros(1)}] * 1001)


def inflated(folder):
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog()
    tensor = log.predict_log.request.inputs["x"]
    tensor.dtype, tensor.float_val[:] = 1, [1.0]
    tensor.tensor_shape.dim.add(size=10**11)
    with tf.io.TFRecordWriter(str(folder / WARMUP)) as file:
        file.write(log.SerializeToString())


@pytest.mark.parametrize(
    "change, says", [(many, "none or more than 1000"), (inflated, "more than 67,108,864 bytes")]
)
def test_a_warm_up_that_is_too_much(change, says, call, small):
    change(small)
    code, out, err = call("check", small)
    assert (code, out) == (2, "") and says in err


def test_modules_where_we_stand_are_not_run(call, small, tmp_path, monkeypatch):
    for name in ("tf2onnx", "numpy", "exchange", "tensorflow"):
        (small / f"{name}.py").write_text(f"open({str(tmp_path / 'hacked')!r}, 'w')")
    monkeypatch.chdir(small)
    call("check", small)
    assert not (tmp_path / "hacked").exists()
