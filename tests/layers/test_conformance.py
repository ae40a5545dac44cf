"""Every public layer through every property of a Keras layer; the rows are in conformance.py."""

import contextlib
import copy
import importlib.util
import inspect
import json

import keras
import numpy as np
import pytest

import modzoo.layers
from modzoo.layers import RIM, RIMCell
from modzoo.layers.rim_core import RIMCore
from tests.backends import (
    BACKENDS,
    gradients,
    outputs,
    outputs_and_gradients,
    randomise,
)
from tests.conformance import (
    BATCH,
    DRAWING,
    MASK,
    ROWS,
    TIME,
    main_outputs,
    numbers,
    results,
    run,
    save,
    trained_outputs,
)

BACKEND = keras.backend.backend()


def rows(*kinds, fast=None):
    """Parametrises over rows, all or those of `kinds`; all but the fast ones are slow."""
    chosen = {name: row for name, row in ROWS.items() if not kinds or row.kind in kinds}
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(
                row,
                id=name,
                marks=[] if (row.fast if fast is None else name in fast) else pytest.mark.slow,
            )
            for name, row in chosen.items()
        ],
    )


recurrent_rows = rows("recurrent", "cell")


def tensors(arrays):
    return keras.tree.map_structure(keras.ops.convert_to_tensor, arrays)


def built(row, seed=0, **options):
    """The row's layer with random weights."""
    layer = row.make(**options)
    layer.build(row.shapes())
    randomise(layer, seed)
    return layer


def call(layer, arrays, **kwargs):
    """What the layer returns: NumPy arrays, in the structure it returns."""
    arrays, kwargs = tensors((arrays, kwargs))
    return outputs(lambda: layer(arrays, **kwargs), layer.variables)


def call_with_dtypes(layer, arrays, **kwargs):
    """What the layer returns, as arrays, and the types of its tensors."""
    arrays, kwargs = tensors((arrays, kwargs))
    dtypes = []

    def run():
        values = layer(arrays, **kwargs)
        leaves = keras.tree.flatten(values)
        dtypes[:] = [keras.backend.standardize_dtype(leaf.dtype) for leaf in leaves]
        return values

    return outputs(run, layer.variables), dtypes


def assert_close(a, b, tolerance=1e-5):
    a, b = numbers(a), numbers(b)
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def test_no_public_layer_is_left_out():
    assert {row.layer for row in ROWS.values()} == set(modzoo.layers.__all__)
    assert {row.layer for row in ROWS.values() if row.fast} == set(modzoo.layers.__all__)


# Configuration and saving


@rows()
def test_config_round_trip(row):
    layer = row.make()
    config = layer.get_config()
    assert type(layer).from_config(copy.deepcopy(config)).get_config() == config
    text = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert json.dumps(keras.saving.serialize_keras_object(again)) == text
    for each in (layer, again):
        each.build(row.shapes())
    assert [(v.name, v.shape) for v in again.weights] == [(v.name, v.shape) for v in layer.weights]


@pytest.mark.parametrize("name", modzoo.layers.__all__)
def test_config_holds_every_argument(name):
    cls = getattr(modzoo.layers, name)
    row = next(row for row in ROWS.values() if row.layer == name)
    config = cls(**row.arguments).get_config()
    arguments = {
        parameter.name
        for base in cls.__mro__
        if base.__module__.startswith("modzoo.")
        for parameter in inspect.signature(base.__init__).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name != "self"
    }
    assert arguments <= config.keys()
    for argument, value in row.arguments.items():
        if not argument.endswith(("initializer", "regularizer")):
            assert config[argument] == value, argument


def test_cell_and_layer_take_the_same_arguments():
    cell, layer = (inspect.signature(cls).parameters for cls in (RIMCell, RIM))
    shared = [name for name in cell if name != "kwargs"]
    assert list(layer)[: len(shared)] == shared
    assert {name: cell[name] for name in shared} == {name: layer[name] for name in shared}
    assert set(shared) == inspect.signature(RIMCore).parameters.keys() - {"kwargs"}


@pytest.fixture(scope="module", params=["fast", pytest.param("all", marks=pytest.mark.slow)])
def loaded(request, tmp_path_factory):
    """What the other backends find on loading the models that this one saves."""
    folder = tmp_path_factory.mktemp("saved")
    models = {}
    for name, row in ROWS.items():
        if row.fast or request.param == "all":
            models[name] = row.model(masked=True), row.arrays()
            if row.recurrent:
                wrapped = row.model(masked=True, wrapper=keras.layers.Bidirectional)
                models[f"{name}_bidirectional"] = wrapped, row.arrays()
        if row.recurrent and request.param == "all":
            every = {"return_sequences": True, "return_state": True, "go_backwards": True}
            if row.kind == "recurrent":
                every |= {"return_decisions": True}
            models[f"{name}_every_output"] = row.model(masked=True, **every), row.arrays()
            stateful = row.model(stateful=True, batch=BATCH, time=TIME)
            models[f"{name}_stateful"] = stateful, row.arrays()
    for model, inputs in models.values():
        for x in keras.tree.flatten(inputs):
            x[~MASK] = 0.0
        for layer in model.layers:
            randomise(layer)
    save(models, folder)
    others = [b for b in BACKENDS if b != BACKEND and importlib.util.find_spec(b)]
    processes = {other: run("load", folder, backend=other) for other in others}
    return set(models), results(processes)


@pytest.mark.parametrize("backend", BACKENDS)
def test_saved_models_load_on_every_backend(backend, loaded, tmp_path):
    names, found = loaded
    if backend == BACKEND:
        pytest.skip("This backend wrote them.")
    if backend not in found:
        pytest.skip(f"{backend} is not installed.")
    assert found[backend].keys() == names
    wrong = {name: d for name, d in found[backend].items() if not (d != str(d) and d < 1e-5)}
    assert not wrong


@rows()
def test_saved_model_loads_here(row, tmp_path):
    model = row.model()
    for layer in model.layers:
        randomise(layer)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert [v.name for v in again.weights] == [v.name for v in model.weights]
    assert_close(call(again, row.arrays()), call(model, row.arrays()))


# Shapes and types


def assert_agree(symbolic, values, dtypes):
    keras.tree.assert_same_structure(symbolic, values)
    leaves = zip(keras.tree.flatten(symbolic), keras.tree.flatten(values), dtypes, strict=True)
    for symbol, value, dtype in leaves:
        assert len(symbol.shape) == len(value.shape)
        assert all(a in (None, b) for a, b in zip(symbol.shape, value.shape, strict=True))
        assert symbol.dtype == dtype


OUTPUTS = {
    "default": {},
    "sequences": {"return_sequences": True},
    "states": {"return_state": True},
    "all": {"return_sequences": True, "return_state": True, "return_decisions": True},
}


def output_options(row, names=OUTPUTS):
    """The variants of what a recurrent row returns; one empty variant for the others."""
    for name in names if row.recurrent else ["default"]:
        options = dict(OUTPUTS[name])
        if row.kind == "cell":
            options.pop("return_decisions", None)
        yield options


@rows()
def test_symbolic_and_eager_call_agree(row):
    for options in output_options(row):
        layer = row.make(**options)
        symbolic = [layer(row.symbols()), layer(row.symbols(batch=BATCH, time=TIME))]
        for symbols in symbolic:
            assert_agree(symbols, *call_with_dtypes(layer, row.arrays()))
        known = keras.tree.map_structure(lambda symbol: symbol.shape, symbolic[1])
        assert layer.compute_output_shape(row.shapes()) == known


@rows(fast=["dense", "pooling", "rim_multi"])
def test_batch_of_one_and_any_length(row):
    """An output depends neither on the rest of its batch nor on the length of other batches."""
    for options in output_options(row, ["all"]):
        model = row.model(**options)
        for layer in model.layers:
            randomise(layer)
        whole = model.predict(row.arrays(), verbose=0)
        one = model.predict(row.map(lambda x: x[:1], row.arrays()), verbose=0)
        assert_close(one, [x[:1] for x in numbers(whole)])
        longer = row.arrays(time=TIME + 2, seed=1)
        expected = call(model.layers[-1], longer)
        assert_close(model.predict(longer, verbose=0), expected)


@rows()
def test_no_rows_in_no_rows_out(row):
    for options in output_options(row, ["all"]):
        layer = row.make(**options)
        kwargs = {} if row.kind == "pointwise" else {"mask": MASK[:0]}
        layer.build(row.shapes(batch=None))
        shapes = keras.tree.map_structure(np.shape, call(layer, row.arrays(batch=0), **kwargs))
        assert layer.compute_output_shape(row.shapes(batch=0)) == shapes


@contextlib.contextmanager
def wide(dtype):
    """JAX knows no float64 unless it is told to."""
    if BACKEND != "jax" or dtype != "float64":
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize(
    "dtype", ["bfloat16", "float64", pytest.param("float16", marks=pytest.mark.slow)]
)
@rows()
def test_every_precision(row, dtype):
    kwargs = {} if row.kind == "pointwise" else {"mask": MASK}
    with wide(dtype):
        layer = row.make(dtype=dtype)
        x = row.map(lambda a: a.astype("float64"), row.arrays())
        values, dtypes = call_with_dtypes(layer, x, **kwargs)
        assert {v.dtype for v in layer.trainable_variables} <= {dtype}
    assert set(dtypes) == {dtype}
    assert all(np.all(np.isfinite(v)) for v in numbers(values))


@rows("pointwise", "sequence", "residual", "pooling", "recurrent")
def test_wrong_shapes_are_named(row):
    """As an error of the layer, not of the backend below."""
    named = pytest.raises(ValueError, match=r"must have the shape|is incompatible with the layer")
    layer, x = built(row), row.arrays()
    pointwise = row.kind == "pointwise"
    wrong = [
        row.map(lambda a: a[0, 0] if pointwise else a[:, 0], x),
        row.map(lambda a: np.concatenate([a, a], axis=-1), x),
    ]
    for inputs in wrong if pointwise else [*wrong, row.map(lambda a: a[..., None], x)]:
        with named:
            layer(tensors(inputs))
    for mask in () if pointwise else (MASK[:, 1:], MASK[1:], MASK[..., None]):
        with named:
            layer(tensors(x), mask=tensors(mask))
    if not pointwise:
        with named:
            row.make()(tensors(wrong[0]))


# Training


def fit(row, jit=BACKEND != "torch", **options):
    """One step of training; returns the model, its weights before, and the loss."""
    model = row.model(head=True, **options)
    model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=jit)
    before = [v.numpy() for v in model.trainable_variables]
    y = np.random.default_rng(1).normal(size=(BATCH, 2))
    history = model.fit(row.arrays(), y, batch_size=BATCH, verbose=0)
    return model, before, history.history["loss"][-1]


@rows(fast=["dense", "normalization", "pooling", "rim_multi", "rim_every_option"])
def test_compiled_training_moves_every_weight(row):
    model, before, loss = fit(row)
    assert np.isfinite(loss)
    for v, value in zip(model.trainable_variables, before, strict=True):
        assert np.all(np.isfinite(v.numpy())), v.path
        assert np.any(v.numpy() != value), v.path


@rows()
def test_gradients_reach_every_weight(row):
    layer = built(row, **({"return_sequences": True} if row.recurrent else {}))
    x = tensors(row.arrays())

    def loss():
        ys = [keras.ops.sum(y, axis=tuple(range(y.ndim - 1))) for y in trained_outputs(layer(x))]
        y = keras.ops.concatenate(ys)
        return keras.ops.sum(
            y * keras.ops.cos(keras.ops.cast(keras.ops.arange(y.shape[0]), y.dtype))
        )

    variables = layer.trainable_variables
    found = gradients(loss, variables) if variables else []  # PyTorch asks for at least one
    for v, gradient in zip(variables, found, strict=True):
        assert gradient is not None, v.path
        assert np.all(np.isfinite(gradient)), v.path
        assert np.any(np.abs(gradient) > 1e-8), v.path


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@rows()
def test_mixed_precision(row, policy):
    for options in output_options(row, ["all"]):
        layer = built(row, **options)
        assert {v.dtype for v in layer.trainable_variables} <= {"float32"}
        symbolic = layer(row.symbols())
        x = row.arrays()
        for kwargs in ({}, {"mask": MASK}) if row.kind != "pointwise" else ({},):
            values, dtypes = call_with_dtypes(layer, x, **kwargs)
            assert all(np.all(np.isfinite(v)) for v in numbers(values))
            assert dtypes == [s.dtype for s in keras.tree.flatten(symbolic)]
            assert set(dtypes) == {policy.removeprefix("mixed_")}


@rows(fast=["rim"])
def test_mixed_precision_training(row, policy):
    model, _, loss = fit(row, jit=BACKEND == "jax", masked=True)
    assert np.isfinite(loss)
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert all(np.all(np.isfinite(v.numpy())) for v in model.trainable_variables)


# Masks


@rows()
def test_masked_content_does_not_matter(row):
    options = {"return_sequences": True, "return_state": True} if row.recurrent else {}
    layer = built(row, **options)
    x = row.arrays()
    garbage = row.map(np.copy, x)
    for a in keras.tree.flatten(garbage):
        a[~MASK] = 1e3 * np.random.default_rng(2).normal(size=a[~MASK].shape)
    kwargs = {} if row.kind == "pointwise" else {"mask": MASK}
    values, other = call(layer, x, **kwargs), call(layer, garbage, **kwargs)
    if row.kind in ("pointwise", "residual"):
        values, other = keras.tree.map_structure(lambda v: v[MASK], (values, other))
    assert all(np.all(np.isfinite(v)) for v in numbers(other))
    assert_close(values, other)
    if row.recurrent:  # the row without a step stays at the initial state
        assert all(np.all(v[2] == 0) for v in numbers(values))


@rows(
    "sequence",
    "residual",
    "pooling",
    "recurrent",
    fast=["gate", "pooling", "rim_multi", "tim_block"],
)
def test_what_is_masked_may_be_no_number(row):
    """It reaches neither outputs nor gradients, and has no gradient of its own."""
    layer = built(row, **({"return_sequences": True} if row.recurrent else {}))
    mask, found = tensors(MASK), []
    for even, odd in ((0.0, 0.0), (np.nan, np.inf)):
        x = row.arrays()
        for a in keras.tree.flatten(x):
            a[~MASK, ::2], a[~MASK, 1::2] = even, odd
        inputs = row.map(keras.Variable, x)

        def run(inputs=inputs):
            y = layer(row.map(keras.ops.convert_to_tensor, inputs), mask=mask)
            return sum(keras.ops.sum(keras.ops.square(part)) for part in main_outputs(y)), y

        inputs = keras.tree.flatten(inputs)
        values, gradients = outputs_and_gradients(run, [*inputs, *layer.trainable_variables])
        gradients = [g for g in gradients if g is not None]
        found.append([*numbers(values), *gradients])
        assert all(np.all(g[~MASK] == 0) for g in gradients[: len(inputs)])
    assert all(np.all(np.isfinite(v)) for v in found[1])
    assert_close(*found)


@pytest.mark.parametrize(
    ("row", "shapes"),
    [
        pytest.param(row, shapes, id="-".join([name, *shapes]))
        for name, row in ROWS.items()
        for shapes in row.beside
    ],
)
def test_a_carried_mask_is_an_explicit_one(row, shapes):
    """Whatever tensors the layer is called with beside its input."""

    def masked(name, shape):  # a further sequence carries a mask of its own
        return len(shape) == 3 and not name.endswith("_mask")

    rng, explicit = np.random.default_rng(3), {"mask": MASK}
    layer = row.make(**({"return_sequences": True} if row.recurrent else {}))
    x, inputs = row.arrays(), row.symbols(batch=BATCH, time=TIME)
    for a in keras.tree.flatten(x):
        a[~MASK] = 0.0
    symbols, carrying, arrays = {}, {}, {}
    for name, shape in shapes.items():
        several = shape if isinstance(shape, list) else [shape]
        dtype = "bool" if name.endswith("_mask") else "float32"
        drawn = [rng.normal(size=s) for s in several]
        drawn = [a > 0 if dtype == "bool" else a.astype("float32") for a in drawn]
        made = [keras.Input(batch_shape=s, dtype=dtype) for s in several]
        carried = made
        if masked(name, shape):
            drawn[0][~MASK] = 0.0
            carried = [keras.layers.Masking()(made[0])]
            explicit[f"{name}_mask"] = MASK
        pick = (lambda a: a) if isinstance(shape, list) else (lambda a: a[0])
        symbols[name], carrying[name], arrays[name] = map(pick, (made, carried, drawn))
    carried = layer(row.map(keras.layers.Masking(), inputs), **carrying)
    randomise(layer)
    model = keras.Model(keras.tree.flatten([inputs, list(symbols.values())]), carried)
    x, arrays, explicit = tensors((x, arrays, explicit))
    found, expected, without = outputs(
        lambda: (
            model(keras.tree.flatten([x, list(arrays.values())])),
            layer(x, **arrays, **explicit),
            layer(x, **arrays),
        ),
        layer.variables,
    )
    assert_close(found, expected)
    assert np.abs(numbers(found)[0] - numbers(without)[0]).max() > 1e-3


@pytest.mark.parametrize("name", modzoo.layers.__all__)
def test_every_tensor_of_a_call_is_in_a_row(name):
    """What a call takes beside its input; `training`, explicit masks of padding, caches, with
    which carried masks are not used, and the masks that Keras fills in are none of it."""
    chosen = [row for row in ROWS.values() if row.layer == name and row.kind != "cell"]
    if not chosen:
        pytest.skip("keras.layers.RNN gives a cell its states.")
    _, first, *others = inspect.signature(getattr(modzoo.layers, name).call).parameters
    filled = {"mask", *(f"{argument}_mask" for argument in (first, *others))}
    others = {a for a in others if not a.endswith(("padding_mask", "_cache", "_index"))}
    given = {argument for row in chosen for shapes in row.beside for argument in shapes}
    assert given == others - filled - {"training"}
    if given:
        assert f"{first}_mask" in inspect.signature(getattr(modzoo.layers, name).call).parameters


@rows()
def test_the_mask_goes_on_where_time_does(row):
    """A pooling layer behind the layer sees the mask, if time is left to be masked."""
    sequences = {"return_sequences": True} if row.recurrent else {}
    layer = built(row, **sequences)
    x = row.arrays()
    for a in keras.tree.flatten(x):
        a[~MASK] = 0.0
    inputs = row.symbols()
    y = layer(row.map(keras.layers.Masking(), inputs))
    if row.kind == "pooling":
        masks = layer.compute_mask(tensors(x), tensors(MASK))
        assert all(mask is None for mask in keras.tree.flatten(masks))
        return
    pooling = keras.layers.GlobalAveragePooling1D()
    pooled = [z for each in main_outputs(y) for z in (each, pooling(each))]
    found = keras.Model(inputs, pooled).predict(x, verbose=0)
    some = MASK.any(1)  # the mean of nothing is not a number
    for values, mean in zip(found[::2], found[1::2], strict=True):
        expected = (values * MASK[..., None]).sum(1)[some] / MASK.sum(1, keepdims=True)[some]
        np.testing.assert_allclose(mean[some], expected, atol=1e-5)


@rows("recurrent", fast=["rim"])
def test_the_mask_is_reversed_with_the_steps(row):
    layer = built(row, return_sequences=True, go_backwards=True)
    x, mask = tensors((row.arrays(), MASK))
    np.testing.assert_array_equal(outputs(lambda: layer.compute_mask(x, mask)), MASK[:, ::-1])


# Recurrent layers

# Faults of keras.layers.RNN, which its own cells share and RIM has not.
ZEROED_UNROLLED = "keras.layers.RNN on JAX ignores zero_output_for_mask when unrolled"
BACKWARDS_UNROLLED = "keras.layers.RNN on torch fails with go_backwards and unroll"
STATES_COMPILED = "keras.layers.RNN on JAX loses the states of compiled functions"


@recurrent_rows
def test_sequences_and_states_fit_each_other(row):
    whole = {"return_sequences": True, "return_state": True}
    layer, last, sequence = built(row, **whole), built(row), built(row, return_sequences=True)
    x = row.arrays()
    output, *states = call(layer, x, mask=MASK)
    assert_close(call(last, x, mask=MASK), output[:, -1])
    assert_close(call(sequence, x, mask=MASK), output)
    assert_close(states[0], output[:, -1])
    if row.kind == "recurrent":
        decided = built(row, return_decisions=True, **whole)
        *results, decisions = call(decided, x, mask=MASK)
        assert_close(results, [output, *states])
        assert decisions["activity"].shape == (BATCH, TIME, row.arguments["num_modules"])
        assert np.all(decisions["activity"][~MASK] == 0)


@recurrent_rows
def test_going_backwards_is_reading_reversed(row):
    options = {"return_sequences": True, "return_state": True}
    forwards, backwards = built(row, **options), built(row, go_backwards=True, **options)
    x = row.arrays()
    reverse = row.map(lambda a: a[:, ::-1].copy(), x)
    expected = call(forwards, reverse, mask=MASK[:, ::-1].copy())
    assert_close(call(backwards, x, mask=MASK), expected)


@rows("recurrent", "cell", fast=["rim", "cell"])
def test_states_carry_over_between_batches(row):
    whole = built(row, return_sequences=True)
    layer = row.make(stateful=True, return_sequences=True)
    layer.build(row.shapes())
    randomise(layer)
    x = tensors(row.arrays())

    def part(steps):
        return keras.ops.convert_to_numpy(layer(row.map(lambda a: a[:, steps], x)))

    first, second = slice(0, 2), slice(2, TIME)
    expected = call(whole, row.arrays())
    for _ in range(2):
        assert_close(part(first), expected[:, first])
        assert_close(part(second), expected[:, second])
        layer.reset_state()


@pytest.mark.parametrize("masked", [False, pytest.param(True, marks=pytest.mark.slow)])
@recurrent_rows
def test_states_carry_over_in_models(row, masked):
    if row.kind == "cell" and BACKEND == "jax":
        pytest.skip(STATES_COMPILED)
    model = row.model(stateful=True, batch=BATCH, time=TIME, masked=masked)
    x = row.arrays()
    first = model.predict(x, verbose=0, batch_size=BATCH)
    second = model.predict(x, verbose=0, batch_size=BATCH)
    assert np.abs(first - second).max() > 1e-4
    model.layers[-1].reset_state()
    assert_close(model.predict(x, verbose=0, batch_size=BATCH), first)


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"go_backwards": True}, marks=pytest.mark.slow),
        pytest.param({"zero_output_for_mask": True}, marks=pytest.mark.slow),
    ],
    ids=["plain", "backwards", "zeroed"],
)
@recurrent_rows
def test_unrolled_is_not_unrolled(row, options):
    if row.kind == "cell" and BACKEND == "jax" and "zero_output_for_mask" in options:
        pytest.skip(ZEROED_UNROLLED)
    if row.kind == "cell" and BACKEND == "torch" and "go_backwards" in options:
        pytest.skip(BACKWARDS_UNROLLED)
    options = {"return_sequences": True, "return_state": True, **options}
    looped, unrolled = built(row, **options), built(row, unroll=True, **options)
    for kwargs in ({}, {"mask": MASK}):
        assert_close(call(unrolled, row.arrays(), **kwargs), call(looped, row.arrays(), **kwargs))


@recurrent_rows
def test_masked_steps_output_zeros_if_asked(row):
    plain = built(row, return_sequences=True)
    zeroed = built(row, return_sequences=True, zero_output_for_mask=True)
    expected = np.where(MASK[..., None], call(plain, row.arrays(), mask=MASK), 0.0)
    assert_close(call(zeroed, row.arrays(), mask=MASK), expected)


@pytest.mark.parametrize(
    "sequences", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["sequences", "last"]
)
@recurrent_rows
def test_bidirectional(row, sequences, tmp_path):
    x = row.arrays()
    for a in keras.tree.flatten(x):
        a[~MASK] = 0.0
    model = row.model(masked=True, wrapper=keras.layers.Bidirectional, return_sequences=sequences)
    both = model.layers[-1]
    options = {"return_sequences": sequences, "zero_output_for_mask": sequences}
    forwards, backwards = built(row, 1, **options), built(row, 2, go_backwards=True, **options)
    both.forward_layer.set_weights(forwards.get_weights())
    both.backward_layer.set_weights(backwards.get_weights())
    there, back = (call(layer, x, mask=MASK) for layer in (forwards, backwards))
    expected = np.concatenate([there, back[:, ::-1] if sequences else back], axis=-1)
    assert_close(model.predict(x, verbose=0), expected)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert_close(again.predict(x, verbose=0), expected)


# Export and distribution


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Models are exported from TensorFlow.")
@rows(fast=["rim_multi", "cell"])
def test_exported_model_reads_any_length(row, tmp_path):
    import tensorflow as tf

    options = {"return_sequences": True} if row.recurrent else {}
    model = row.model(masked=True, **options)
    model = keras.Model(model.input, model.outputs)  # a signature takes no nested outputs
    model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    for batch, time in ((2, 3), (1, 6)):
        x = row.arrays(batch, time)
        for a in keras.tree.flatten(x):
            a[:, -1] = 0.0
        assert_close(loaded.serve(tensors(x)), model(tensors(x)))


@pytest.mark.filterwarnings(r"ignore:\s*Warning. tf.lite.Interpreter is deprecated")
@pytest.mark.skipif(BACKEND != "tensorflow", reason="LiteRT converts TensorFlow's graphs.")
@pytest.mark.parametrize("time", [None, 5], ids=["any_time", "fixed_time"])
@rows("pointwise", "sequence", "residual", "pooling", "recurrent", fast=["rim_multi"])
def test_litert_interpreter_agrees(row, time, tmp_path):
    import tensorflow as tf

    options = {"return_sequences": True, "return_decisions": True} if row.recurrent else {}
    inputs = row.symbols(time=time)
    outputs = row.make(**options)(row.map(keras.layers.Masking(), inputs))
    inputs = {x.name: x for x in keras.tree.flatten(inputs)}
    model = keras.Model(inputs, {f"y{i}": y for i, y in enumerate(keras.tree.flatten(outputs))})
    model.export(str(tmp_path / "model.tflite"), format="litert", verbose=False)

    interpreter = tf.lite.Interpreter(str(tmp_path / "model.tflite")).get_signature_runner()
    for batch in (2, 1):
        arrays = keras.tree.flatten(row.arrays(batch, 5))
        for a in arrays:
            a[:, -1] = 0.0
        arrays = dict(zip(inputs, arrays, strict=True))
        found, expected = interpreter(**arrays), model(tensors(arrays))
        assert_close([found[name] for name in expected], list(expected.values()))


@pytest.mark.slow
@pytest.mark.skipif(BACKEND == "torch", reason="keras.distribution does not support torch.")
def test_training_on_two_devices_is_training_on_one():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"} if BACKEND == "jax" else {}
    differences = results({"two": run("distribute", backend=BACKEND, **flags)})["two"]
    assert differences.keys() == ROWS.keys() - DRAWING
    assert {name: d for name, d in differences.items() if not d < 1e-5} == {}
