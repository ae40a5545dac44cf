"""Models in files of strangers and of older Keras."""

import json
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

from modzoo.decomposition import decompose, load_model
from modzoo.errors import CallError
from tests.decomposition import networks

pytestmark = pytest.mark.one_backend


def old_layers(**changes):
    """Layers as Keras 2.15 described them."""
    recurrent = {
        "units": 5,
        "activation": "tanh",
        "recurrent_activation": "hard_sigmoid",
        "use_bias": True,
        "time_major": False,
        "implementation": 1,
        "stateful": False,
        "unroll": False,
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "unit_forget_bias": True,
    }
    return [
        {
            "class_name": "Embedding",
            "config": {
                "name": "embedding",
                "batch_input_shape": [None, 6],
                "dtype": "float32",
                "input_dim": 12,
                "output_dim": 4,
                "mask_zero": True,
                "input_length": 6,
            },
        },
        {
            "class_name": "Bidirectional",
            "config": {
                "name": "both",
                "layer": {
                    "class_name": "GRU",
                    "config": {
                        **{k: v for k, v in recurrent.items() if k != "unit_forget_bias"},
                        "name": "gru",
                        "return_sequences": True,
                        "reset_after": False,
                    },
                },
                "merge_mode": "concat",
            },
        },
        {"class_name": "LSTM", "config": {**recurrent, "name": "lstm", **changes}},
        {"class_name": "Dense", "config": {"name": "d", "units": 4, "activation": "softmax"}},
    ]


def current(recurrent_activation):
    """The same network, built here."""
    layers = keras.layers
    options = {"recurrent_activation": recurrent_activation}
    gru = layers.GRU(5, reset_after=False, return_sequences=True, **options)
    return networks.drawn(
        keras.Sequential(
            [
                keras.Input((6,), dtype="int32"),
                layers.Embedding(12, 4, mask_zero=True),
                layers.Bidirectional(gru),
                layers.LSTM(5, **options),
                layers.Dense(4, "softmax"),
            ]
        )
    )


@pytest.fixture(scope="module")
def any_network():
    return current("sigmoid")


def write(path, described, model, version="2.15.0"):
    """An HDF5 file as Keras 2 wrote it, of a described model or of the layers of a Sequential."""
    if isinstance(described, list):
        described = {"class_name": "Sequential", "config": {"name": "old", "layers": described}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(described)
        file.attrs["keras_version"] = version
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            own = group.create_group(layer.name)
            names = [f"{layer.name}/{i}:0" for i in range(len(layer.weights))]
            own.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.get_weights(), strict=True):
                own[name] = weight
    return path


@keras.saving.register_keras_serializable(package="tests")
def slope_of_old(x):
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


def test_an_old_file_predicts_as_it_did(tmp_path):
    model = current(slope_of_old)
    with pytest.warns(UserWarning, match="older Keras; dropped.*: input_length, time_major"):
        loaded = load_model(write(tmp_path / "old.h5", old_layers(), model))
    x, y = networks.texts()
    wanted = model.predict(x, verbose=0)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), wanted, atol=1e-6)
    new = current("hard_sigmoid").predict(x, verbose=0)
    assert np.abs(new - wanted).max() > 1e-3
    modules = decompose(loaded, (x, y), max_removed=0)
    assert (modules.classify(x) == wanted.argmax(-1)).all()


def test_files_of_today(tmp_path):
    model = current("hard_sigmoid")
    x = networks.texts()[0]
    for name in ("new.h5", "new.keras"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that HDF5 is legacy
            model.save(tmp_path / name)
        loaded = load_model(tmp_path / name)
        assert loaded.predict(x, verbose=0).tolist() == model.predict(x, verbose=0).tolist()


def old_graph(read, layers):
    """A functional model of two inputs, of layers `(name, class, what it reads, arguments)`, as
    Keras 2 described it; what is read are places `(layer, call, output)`."""
    described = [
        {"class_name": "InputLayer", "name": name, "inbound_nodes": [], "config": {**config}}
        for name, config in read.items()
    ]
    for name, class_name, reads, config in layers:
        options = {"constants": None} if class_name == "LSTM" and len(reads) > 1 else {}
        described.append(
            {
                "class_name": class_name,
                "name": name,
                "config": {"name": name, **config},
                "inbound_nodes": [[[*place, options] for place in reads]],
            }
        )
    ends = {
        "input_layers": [[name, 0, 0] for name in read],
        "output_layers": [[layers[-1][0], 0, 0]],
    }
    return {"class_name": "Functional", "config": {"name": "old", "layers": described, **ends}}


def old_translator(units=4):
    """An encoder whose states a decoder begins with, as Keras 2 described it."""
    read = {
        "read": {"batch_input_shape": [None, 6], "dtype": "int32", "name": "read"},
        "before": {"batch_input_shape": [None, 6, 3], "dtype": "float32", "name": "before"},
    }
    cell = {"units": units, "time_major": False, "recurrent_activation": "hard_sigmoid"}
    words = {"input_dim": 12, "output_dim": 3, "mask_zero": True, "input_length": 6}
    layers = [
        ("words", "Embedding", [("read", 0, 0)], words),
        ("dropped", "SpatialDropout1D", [("words", 0, 0)], {"rate": 0.1, "noise_shape": None}),
        ("encoder", "LSTM", [("dropped", 0, 0)], {**cell, "return_state": True}),
        ("present", "Masking", [("before", 0, 0)], {}),
        ("centred", "BatchNormalization", [("present", 0, 0)], {"axis": [2]}),
        ("concatenate", "Concatenate", [("centred", 0, 0), ("words", 0, 0)], {}),
        (
            *("decoder", "LSTM"),
            [("concatenate", 0, 0), ("encoder", 0, 1), ("encoder", 0, 2)],
            {**cell, "return_sequences": True},
        ),
        ("add", "Add", [("decoder", 0, 0), ("decoder", 0, 0)], {}),
        ("head", "Dense", [("add", 0, 0)], {"units": 3, "activation": "softmax"}),
    ]
    return old_graph(read, layers)


def current_translator():
    """The same network, built here, with masks by hand."""
    layers, cell = keras.layers, {"units": 4, "recurrent_activation": slope_of_old}
    read, before = keras.Input((6,), dtype="int32"), keras.Input((6, 3))
    words = layers.SpatialDropout1D(0.1)(layers.Embedding(12, 3)(read))
    there = keras.ops.not_equal(read, 0)
    _, *states = layers.LSTM(return_state=True, **cell)(words, mask=there)
    x = layers.Concatenate()([layers.BatchNormalization()(before), words])
    both = keras.ops.logical_and(there, keras.ops.any(keras.ops.not_equal(before, 0), axis=-1))
    x = layers.LSTM(return_sequences=True, **cell)(x, initial_state=states, mask=both)
    model = keras.Model([read, before], layers.Dense(3, "softmax")(layers.Add()([x, x])))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.2, 1, w.shape) for w in model.get_weights()])
    return model


def write_zip(path, described, model):
    """A `.keras` file as Keras 2.15 wrote it."""
    for layer in described["config"]["layers"]:
        layer |= {"module": "keras.layers", "build_config": {"input_shape": [None, [None, 6]]}}
    described["module"] = "keras.src.engine.functional"
    model.save(path)
    with zipfile.ZipFile(path) as file:
        weights = file.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        file.writestr("config.json", json.dumps(described))
        file.writestr("model.weights.h5", weights)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_an_old_translator_whose_decoder_is_given_states(tmp_path, suffix):
    model, path = current_translator(), tmp_path / f"old{suffix}"
    if suffix == ".h5":
        write(path, old_translator(), model)
    else:
        write_zip(path, old_translator(), model)
    with pytest.warns(UserWarning, match="dropped.*: input_length, noise_shape, time_major"):
        loaded = load_model(path)
    x = [networks.texts(9)[0], np.random.default_rng(1).normal(size=(9, 6, 3))]
    x[1][:, :2] = 0  # padding where there are words, too
    wanted = model.predict(x, verbose=0)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), wanted, atol=1e-6)
    assert {type(layer).__module__.split(".")[0] for layer in loaded.layers} == {"keras"}
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    loaded.save(tmp_path / "new.keras")
    again = load_model(tmp_path / "new.keras").predict(x, verbose=0)
    np.testing.assert_allclose(again, wanted, atol=1e-6)


def with_lambda(path, model):
    layer = {"class_name": "Lambda", "config": {"name": "mine", "function": ["4wAAAAA=", None]}}
    write(path, [*old_layers(), layer], model)


def with_time_first(path, model):
    write(path, old_layers(time_major=True), model)


def with_a_class(path, model):
    write(path, [*old_layers(), {"class_name": "Popen", "config": {"args": "id"}}], model)


def with_an_operation(path, model):
    write(path, [*old_layers(), {"class_name": "TFOpLambda", "config": {"function": "id"}}], model)


def with_weights_elsewhere(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file["model_weights/elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")


def with_all_weights_elsewhere(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        del file["model_weights"]
        file["model_weights"] = h5py.ExternalLink("/etc/passwd", "/")


def virtual(path, model):
    write(path, old_layers(), model)
    layout = h5py.VirtualLayout((9,), "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (9,))
    with h5py.File(path, "r+") as file:
        file.create_virtual_dataset("model_weights/virtual", layout)


def round_and_round(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file["model_weights/again"] = file["model_weights"]


def of_text(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file["model_weights/text"] = ["a" * 10**6]


def of_many_names(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file["model_weights"].attrs["layer_names"] = [b"a"] * 4000
        file["text"] = "a" * 10**6


def of_numbers_for_names(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file["model_weights"].attrs["layer_names"] = np.zeros(9)


def with_weights_alone(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]


def packed(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        file.create_dataset("model_weights/zeros", (10**8,), "float32", fillvalue=0, chunks=True)


def in_one_chunk(path, model):
    write(path, old_layers(), model)
    name = "model_weights/dense/bias"
    with h5py.File(path, "r+") as file:
        file.create_dataset(
            name, data=np.zeros(4), chunks=(2**22,), maxshape=(None,), compression=9
        )


def with_no_weights(path, model):
    write(path, old_layers(), model)
    with h5py.File(path, "r+") as file:
        del file["model_weights"]


def larger(path, model):
    write(path, old_layers(units=10**5), model)


def cut_off(path, model):
    write(path, old_layers(), model)
    path.write_bytes(path.read_bytes()[:3000])


FILES = [
    (with_lambda, "layer 'mine' is a Lambda, which holds code; nothing of it was run"),
    (with_time_first, "layer 'lstm' reads the steps before the examples"),
    (with_a_class, "Cannot read .*Popen"),
    (with_an_operation, "is refused, and nothing of it was run: .*TFOpLambda"),
    (with_weights_elsewhere, "'elsewhere' lies in other files"),
    (with_all_weights_elsewhere, "'model_weights' lies in other files"),
    (virtual, "'virtual' lies in other files"),
    (round_and_round, "'again' stands in it twice"),
    (of_text, "'text' is no array of numbers"),
    (of_many_names, "'layer_names' is no text, or too many texts"),
    (of_numbers_for_names, "'layer_names' is no text"),
    (with_weights_alone, "holds no model, weights alone at most"),
    (packed, "packed to a small part of its size"),
    (in_one_chunk, "packed to a small part of its size"),
    (with_no_weights, "it has no 'model_weights'"),
    (larger, "larger model than its weights are of"),
    (cut_off, "Cannot read"),
]


@pytest.mark.filterwarnings("ignore:.*is of an older Keras")
@pytest.mark.parametrize("make, message", FILES, ids=lambda v: getattr(v, "__name__", ""))
def test_files_of_strangers(tmp_path, any_network, make, message):
    make(tmp_path / "m.h5", any_network)
    with pytest.raises(CallError, match=message):
        load_model(tmp_path / "m.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["m.h5"]


def test_zips_of_strangers(tmp_path):
    path = tmp_path / "m.keras"
    write_zip(path, old_translator(units=10**5), current_translator())
    with pytest.warns(UserWarning, match="older"), pytest.raises(CallError, match="larger model"):
        load_model(path)
    for content in (b"", b"{}", b"[]", b'{"keras_version": 2}', b"2" * 10**6):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("metadata.json", content)
        with pytest.raises(CallError, match="Cannot read"):
            load_model(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", b'{"keras_version": "2.15.0"}')
        file.writestr("config.json", json.dumps(old_translator()))
        file.writestr("model.weights.h5", bytes(10**7))
    with pytest.raises(CallError, match="packed to a small part"):
        load_model(path)


def test_a_lambda_in_a_file_of_today(tmp_path):
    inputs = keras.Input((6, 2))
    x = keras.layers.Lambda(lambda x: 2 * x)(inputs)
    keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GRU(3)(x))).save(tmp_path / "m.keras")
    with pytest.raises(CallError, match="is refused, and nothing of it was run"):
        load_model(tmp_path / "m.keras")


@pytest.mark.parametrize(
    "name, message", [("none.keras", "There is no file"), ("m.txt", "is no model")]
)
def test_no_model(tmp_path, name, message):
    (tmp_path / "m.txt").write_text("a")
    with pytest.raises(CallError, match=message):
        load_model(tmp_path / name)
