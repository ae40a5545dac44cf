import keras
import keras_hub
import numpy as np
import pytest

from modzoo.layers import InterMechanismAttention, MechanismCompetition, TIMBlock
from modzoo.layers.mechanism_attention import MechanismAttention
from tests.backends import outputs_and_gradients, randomise, to_numpy
from tests.reference import tim as oracle

BATCH, TIME, SOURCE, WIDTH = 3, 5, 4, 12
# Rows: right-padded, gaps with a masked first step, masked throughout.
PADDING = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0]], "bool")
SOURCE_PADDING = np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 1, 1]], "bool")
SIZES = {
    "intermediate_dim": 18,
    "num_heads": 6,
    "num_mechanisms": 3,
    "communication_num_heads": 2,
    "communication_key_dim": 3,
}
CASES = {
    "post_norm": {},
    "pre_norm": {"normalize_first": True},
    "no_competition": {"competition": False},
    "no_communication": {"communication": False},
    "disabled": {"disabled": [1]},
    "distance_bias": {"distance_bias": True},
    "disabled_alone": {"disabled": [0, 2], "competition": False, "normalize_first": True},
}
ATTENTION = np.random.default_rng(9).random((BATCH, TIME, TIME)) < 0.7
SOURCE_ATTENTION = np.random.default_rng(9).random((BATCH, TIME, SOURCE)) < 0.7
BAND = np.arange(TIME)[None] - np.arange(TIME)[:, None]  # how far j lies ahead of i
MASKS = {
    "all": {},
    "padding": {"padding_mask": PADDING},
    "carried": {"mask": PADDING},
    "attention": {"attention_mask": ATTENTION},
    "both": {"padding_mask": PADDING, "attention_mask": ATTENTION},
}


def tensors(tree):
    return keras.tree.map_structure(keras.ops.convert_to_tensor, tree)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


X, ENCODED = drawn(BATCH, TIME, WIDTH), drawn(BATCH, SOURCE, 9, seed=1)


def built(encoded=False, **arguments):
    layer = TIMBlock(**{**SIZES, **arguments})
    layer.build(X.shape, ENCODED.shape) if encoded else layer.build(X.shape)
    randomise(layer)
    return layer, named_weights(layer)


def named_weights(layer):
    """`{"part/name": array}`, as the reference reads them."""
    return {
        "/".join(v.path.split("/")[-2:]): v.numpy().astype("float64")
        for v in layer.trainable_variables
    }


def reference(layer, weights, activation=oracle.relu):
    return oracle.Layer(
        weights,
        layer.num_mechanisms,
        layer.num_heads,
        layer.communication_num_heads,
        layer.competition,
        layer.communication,
        layer.normalize_first,
        activation,
        layer.layer_norm_epsilon,
        layer.disabled,
        layer.distance_bias,
    )


def zeroed(x, mask):
    """What a block reads of a sequence with masked steps, in float64."""
    return np.where(mask[..., None], x.astype("float64"), 0.0)


def allowed(padding_mask=None, attention_mask=None, mask=None):
    """What each step may read, `[batch, time, time]`."""
    padding_mask = mask if padding_mask is None else padding_mask
    padding_mask = np.ones((BATCH, TIME), "bool") if padding_mask is None else padding_mask
    attention_mask = np.ones((1, TIME, 1), "bool") if attention_mask is None else attention_mask
    return padding_mask[:, None] & attention_mask


def call(layer, x, *arguments, **kwargs):
    def convert(value):
        return tensors(value) if isinstance(value, np.ndarray) else value

    kwargs = {name: convert(value) for name, value in kwargs.items()}
    return to_numpy(layer(convert(x), *map(convert, arguments), **kwargs))


def assert_close(a, b, tolerance=2e-5):
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


# The equations


@pytest.mark.parametrize("case", CASES)
def test_the_equations(case):
    layer, weights = built(return_decisions=True, **CASES[case])
    y, decisions = call(layer, X, padding_mask=PADDING)
    expected, c = reference(layer, weights)(zeroed(X, PADDING), allowed(PADDING))
    assert_close(y, expected)
    assert_close(decisions["competition"], c * PADDING[..., None])


@pytest.mark.parametrize(
    "causal",
    [
        {},
        {"causal": True},
        {"causal": True, "look_ahead": 2},
        {"causal": True, "attention_window": 2, "distance_bias": True},
        {"causal": True, "attention_window": 3, "look_ahead": 1},
        {"causal": True, "distance_bias": True},
    ],
    ids=lambda causal: " ".join(causal) or "all",
)
@pytest.mark.parametrize("case", MASKS)
def test_the_equations_with_masks(case, causal):
    layer, weights = built(return_decisions=True, **causal)
    y, decisions = call(layer, X, **MASKS[case])
    seen = allowed(**MASKS[case])
    if causal:
        ahead, window = causal.get("look_ahead", 0), causal.get("attention_window", TIME)
        seen = seen & (ahead >= BAND) & (-window < BAND)
    steps = MASKS[case].get("padding_mask", MASKS[case].get("mask", np.ones((BATCH, TIME), "bool")))
    expected, c = reference(layer, weights)(zeroed(X, steps), seen)
    assert_close(y, expected)
    assert_close(decisions["competition"], c * steps[..., None])


@pytest.mark.parametrize("normalize_first", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_the_equations_with_an_encoder(masked, normalize_first):
    layer, weights = built(encoded=True, causal=True, normalize_first=normalize_first)
    masks, source_mask = {}, None
    if masked:
        source_mask = SOURCE_PADDING[:, None] & SOURCE_ATTENTION
        masks = {
            "encoder_padding_mask": SOURCE_PADDING,
            "encoder_attention_mask": SOURCE_ATTENTION,
        }
    y = call(layer, X, ENCODED, **masks)
    expected, _ = reference(layer, weights)(
        X.astype("float64"), allowed() & (BAND <= 0), ENCODED.astype("float64"), source_mask
    )
    assert_close(y, expected)


def test_gradients_are_those_of_the_equations():
    """By finite differences of the reference: weights, input and the encoder's sequence."""
    layer, weights = built(encoded=True, activation="tanh")
    share = drawn(BATCH, TIME, WIDTH, seed=5)
    variables = [keras.Variable(X), keras.Variable(ENCODED)]
    masks = tensors({"padding_mask": PADDING, "encoder_padding_mask": SOURCE_PADDING})

    def loss():
        x, encoded = (keras.ops.convert_to_tensor(v) for v in variables)
        return keras.ops.sum(layer(x, encoded, **masks) * tensors(share)), ()

    values = {"x": X.astype("float64"), "encoded": ENCODED.astype("float64"), **weights}

    def total(changed):
        changed = values | changed
        block = reference(layer, changed, np.tanh)
        seen, source_seen = allowed(PADDING), np.repeat(SOURCE_PADDING[:, None], TIME, 1)
        x, encoded = zeroed(changed["x"], PADDING), zeroed(changed["encoded"], SOURCE_PADDING)
        y, _ = block(x, seen, encoded, source_seen)
        return np.sum(y * share)

    _, found = outputs_and_gradients(loss, [*variables, *layer.trainable_variables])
    rng = np.random.default_rng(7)
    for (name, value), gradient in zip(values.items(), found, strict=True):
        for place in rng.choice(value.size, size=3, replace=False):
            step = np.zeros(value.size)
            step[place] = 1e-5
            step = step.reshape(value.shape)
            difference = total({name: value + step}) - total({name: value - step})
            np.testing.assert_allclose(
                gradient.ravel()[place], difference / 2e-5, rtol=2e-3, atol=2e-4, err_msg=name
            )


def test_the_parts_alone():
    """The public parts are those of the block."""
    layer, weights = built()
    block = reference(layer, weights)
    competition = MechanismCompetition(3)
    communication = InterMechanismAttention(3, 2, 3, return_decisions=True)
    for part, inside in (
        (competition, layer.mechanism_competition),
        (communication, layer.inter_mechanism_attention),
    ):
        part.build(X.shape)
        part.set_weights(inside.get_weights())
    y, decisions = call(communication, X)
    attention = decisions["communication"]
    for b in range(BATCH):
        h = np.split(X[b].astype("float64"), 3, axis=-1)
        assert_close(call(competition, X)[b], block.competition(h))
        assert_close(y[b], np.concatenate(block.communication(h), axis=-1))
    assert attention.shape == (BATCH, TIME, 2, 3, 3)
    assert_close(attention.sum(-1), 1.0)
    h = tensors(np.stack(np.split(X.reshape(-1, WIDTH), 3, axis=-1)))
    attention = to_numpy(layer.inter_mechanism_attention.exchange(h, disabled=[1])[1])
    assert np.all(attention[..., 1] == 0) and np.all(attention[..., [0, 2]] > 0)


# Closed forms


@pytest.mark.parametrize("encoded", [False, True])
def test_each_mechanism_reads_as_multi_head_attention_does(encoded):
    source, mask = (ENCODED, SOURCE_ATTENTION) if encoded else (X, ATTENTION)
    mask = mask | (np.arange(mask.shape[-1]) == 0)  # a step that may read nothing differs
    layer = MechanismAttention(3, 6)
    layer.build(X.shape, *([source.shape] if encoded else []))
    randomise(layer)
    x, y = (np.stack(np.split(part, 3, axis=-1)) for part in (X, source))

    def rows(part):
        return keras.ops.convert_to_tensor(part.reshape(3, -1, part.shape[-1]))

    source = {"source": rows(y), "source_time": SOURCE} if encoded else {}
    read, _ = layer.read(rows(x), (BATCH, TIME), mask=tensors(mask), **source)
    columns = [  # of queries, keys, values and the output, in turn kernel and bias
        [part for w in layer.get_weights()[i::2] for part in np.split(w, w.shape[-1] // 4, axis=-1)]
        for i in (0, 1)
    ]
    for m in range(3):
        heads = keras.layers.MultiHeadAttention(2, 2)
        heads(x[m], y[m])
        parts = [w[m] for pair in zip(*columns, strict=True) for w in pair]
        shapes = [v.shape for v in heads.weights]
        heads.set_weights([w.reshape(s) for w, s in zip(parts, shapes, strict=True)])
        expected = to_numpy(heads(x[m], y[m], attention_mask=mask))
        assert_close(to_numpy(read)[m].reshape(expected.shape), expected)


def as_keras_hub(layer, other):
    """Copies the weights of a block of one mechanism into one of keras_hub."""
    mine = named_weights(layer)
    width, heads = layer.head_dim * layer.num_heads, (layer.num_heads, layer.head_dim)
    kernels = np.split(mine["self_attention/kernel"][0], 3, axis=-1)
    biases = np.split(mine["self_attention/bias"][0, 0], 3)
    for v in other.weights:
        part, name = v.path.split("/")[-2:]
        if part in ("query", "key", "value"):
            i = ("query", "key", "value").index(part)
            value = kernels[i].reshape(width, *heads) if name == "kernel" else biases[i]
        elif part == "attention_output":
            value = mine[f"self_attention/output_{name}"][0]
        else:
            renamed = {
                "self_attention_layer_norm": "self_attention_norm",
                "feedforward_layer_norm": "feedforward_norm",
                "feedforward_intermediate_dense": "feedforward_intermediate",
                "feedforward_output_dense": "feedforward_output",
            }
            value = mine[f"{renamed[part]}/{name}"]
        v.assign(value.reshape(v.shape))


@pytest.mark.parametrize("normalize_first", [False, True])
@pytest.mark.parametrize("kind", ["encoder", "masked", "decoder"])
def test_one_mechanism_is_the_block_of_keras_hub(kind, normalize_first):
    options = {"activation": "gelu", "layer_norm_epsilon": 1e-4, "normalize_first": normalize_first}
    layer, _ = built(
        num_mechanisms=1,
        competition=False,
        communication=False,
        causal=kind == "decoder",
        **options,
    )
    cls = "TransformerDecoder" if kind == "decoder" else "TransformerEncoder"
    other = getattr(keras_hub.layers, cls)(18, 6, **options)
    other.build(X.shape)
    as_keras_hub(layer, other)
    assert layer.count_params() == other.count_params()
    masks = {"padding_mask": PADDING, "attention_mask": ATTENTION} if kind == "masked" else {}
    seen = allowed(**masks).any(-1)  # keras_hub reads everything where there is nothing to read
    seen &= masks.get("padding_mask", seen)  # and masked steps too
    y, expected = call(layer, X, **masks), call(other, X, **masks)
    assert_close(y[seen], expected[seen], 1e-5)


def test_without_communication_mechanisms_are_blocks_of_their_own():
    whole, _ = built(competition=False, communication=False)
    parts = []
    for s in range(3):
        part = TIMBlock(6, 2, 1, competition=False, communication=False)
        part.build((BATCH, TIME, 4))
        mine = {v.path.split("/", 1)[1]: v.numpy() for v in whole.weights}
        for v in part.weights:
            value = mine[v.path.split("/", 1)[1]]
            flat = value.ndim == 1
            v.assign(np.split(value, 3)[s] if flat else value[s : s + 1])
        parts.append(call(part, X[..., 4 * s : 4 * s + 4]))
    assert_close(call(whole, X), np.concatenate(parts, axis=-1))


# Causality and generation


@pytest.mark.parametrize("look_ahead", [0, 1])
@pytest.mark.parametrize("normalize_first", [False, True])
def test_no_step_sees_the_future(normalize_first, look_ahead):
    layer, _ = built(causal=True, look_ahead=look_ahead, normalize_first=normalize_first)
    base = call(layer, X)
    for step in range(TIME):
        x = X.copy()
        x[:, step] += drawn(WIDTH, seed=2)
        changed = np.abs(call(layer, x) - base).max((0, 2)) > 1e-6
        np.testing.assert_array_equal(changed, np.arange(TIME) >= step - look_ahead)


@pytest.mark.parametrize("masked", [False, True])
def test_generation_with_a_cache_is_the_full_pass(masked):
    layer, _ = built(causal=True, return_decisions=True)
    masks = {"padding_mask": PADDING} if masked else {}
    expected, decided = call(layer, X, **masks)
    cache = layer.initial_cache(BATCH, TIME)
    shown = []
    for start, end in ((0, 2), (2, 3), (3, 4), (4, 5)):
        y, cache, decisions = call(
            layer,
            X[:, start:end],
            self_attention_cache=cache,
            self_attention_cache_update_index=np.array(start),
            **masks,
        )
        assert_close(y, expected[:, start:end], 1e-5)
        shown.append(decisions["competition"])
    assert_close(np.concatenate(shown, axis=1), decided["competition"])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("window", [1, 3, 9])
def test_a_stream_with_a_cache_of_the_window_is_the_full_pass(window, masked):
    layer, _ = built(causal=True, attention_window=window, distance_bias=True)
    padding = PADDING if masked else np.ones_like(PADDING)
    expected = call(layer, X, padding_mask=padding)
    held = np.concatenate([np.zeros((BATCH, window - 1), "bool"), padding], axis=1)
    cache = layer.initial_cache(BATCH)
    assert cache.shape == (BATCH, 2, window - 1, 6, 2)
    for start, end in ((0, 1), (1, 3), (3, 4), (4, 5)):
        y, cache = call(
            layer,
            X[:, start:end],
            self_attention_cache=tensors(cache),
            self_attention_cache_update_index=np.array(start),
            **({"padding_mask": held[:, start : end + window - 1]} if masked else {}),
        )
        assert cache.shape == (BATCH, 2, window - 1, 6, 2)
        assert_close(y, expected[:, start:end], 1e-5)


def test_streams_that_began_at_different_times_share_a_batch():
    layer, _ = built(causal=True, attention_window=3)
    expected = call(layer, X)
    fresh, old = layer.initial_cache(1), layer.initial_cache(1)
    _, old = layer(
        tensors(X[:1, :2]), self_attention_cache=old, self_attention_cache_update_index=0
    )
    y, _ = call(
        layer,
        np.concatenate([X[:1, 2:3], X[1:2, :1]]),
        self_attention_cache=keras.ops.concatenate([old, fresh + 7.0]),  # never read
        self_attention_cache_update_index=np.array([2, 0]),
    )
    assert_close(y[0], expected[0, 2:3], 1e-5)
    assert_close(y[1], expected[1, :1], 1e-5)


def test_generation_with_an_encoder_is_the_full_pass():
    layer, _ = built(encoded=True, causal=True)
    expected = call(layer, X, ENCODED)
    cache, cross = layer.initial_cache(BATCH, TIME), layer.initial_cache(BATCH, SOURCE)
    for step in range(TIME):
        y, cache, cross = call(
            layer,
            X[:, step : step + 1],
            ENCODED if step == 0 else np.zeros_like(ENCODED),  # read once
            self_attention_cache=cache,
            self_attention_cache_update_index=np.array(step),
            cross_attention_cache=cross,
            cross_attention_cache_update_index=0 if step == 0 else None,
        )
        assert_close(y, expected[:, step : step + 1], 1e-5)


def test_a_model_with_an_encoder_carries_masks_and_is_saved(tmp_path):
    layer, _ = built(encoded=True, causal=True)
    x, encoded = X * PADDING[..., None], ENCODED * SOURCE_PADDING[..., None]
    expected = call(layer, x, encoded, padding_mask=PADDING, encoder_padding_mask=SOURCE_PADDING)
    inputs = [keras.Input((None, WIDTH)), keras.Input((None, ENCODED.shape[-1]))]
    masking = keras.layers.Masking()
    model = keras.Model(inputs, layer(*map(masking, inputs)))
    assert_close(model.predict([x, encoded], verbose=0), expected)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert_close(again.predict([x, encoded], verbose=0), expected)


# Types and dropout


@pytest.mark.parametrize("rate", ["dropout", "attention_dropout"])
def test_dropout_is_for_training(rate):
    layer, _ = built(**{rate: 0.5}, causal=True)
    plain, _ = built(causal=True)
    a, b, inference = (call(layer, X, training=t) for t in (True, True, False))
    assert np.all(np.isfinite(a))
    assert np.abs(a - b).max() > 1e-2 and np.abs(a - inference).max() > 1e-2
    assert_close(inference, call(plain, X))


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="Others have them as it is.")
def test_second_derivatives_without_the_fused_kernel():
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    layer, _ = built(activation="tanh")

    def first(x):
        return torch.autograd.grad(torch.sum(layer(x) ** 2), x, create_graph=True)[0]

    x, step = tensors(X).requires_grad_(), tensors(drawn(*X.shape, seed=3))
    with pytest.raises(RuntimeError, match=r"attention_.*is not implemented"):
        torch.autograd.grad(torch.sum(first(x) * step), x)
    with sdpa_kernel(SDPBackend.MATH):
        second = torch.autograd.grad(torch.sum(first(x) * step), x)[0]
        ahead, behind = (first(x + sign * 1e-2 * step) for sign in (1, -1))
    assert_close(to_numpy(second.detach()), to_numpy(((ahead - behind) / 2e-2).detach()), 3e-2)


# Errors


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"intermediate_dim": 0}, "intermediate_dim=0"),
        ({"intermediate_dim": 20}, "intermediate_dim=20, num_mechanisms=3"),
        ({"num_heads": 4}, "num_heads=4, num_mechanisms=3"),
        ({"num_mechanisms": 1.0}, "num_mechanisms=1.0"),
        ({"communication_num_heads": 0}, "communication_num_heads=0"),
        ({"communication_key_dim": 0}, "communication_key_dim=0"),
        ({"look_ahead": 2}, "look_ahead=2, causal=False"),
        ({"look_ahead": -1, "causal": True}, "look_ahead=-1"),
        ({"attention_window": 2}, "attention_window=2, causal=False"),
        ({"attention_window": 0, "causal": True}, "attention_window=0, causal=True"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"attention_dropout": -0.1}, "attention_dropout=-0.1"),
        ({"disabled": [3]}, r"disabled=\[3\], num_mechanisms=3"),
        ({"disabled": [0, 1, 2]}, r"disabled=\[0, 1, 2\]"),
    ],
)
def test_wrong_arguments_are_named(arguments, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        TIMBlock(**{**SIZES, **arguments})


@pytest.mark.parametrize("width", [15, None])
def test_a_width_that_does_not_divide_is_named(width):
    with pytest.raises(ValueError, match=rf"\(2, 5, {width}\), num_heads=6, num_mechanisms=3"):
        TIMBlock(**SIZES).build((2, 5, width))
    with pytest.raises(ValueError, match=r"input_shape=\(2, 4, 10\), num_groups=3"):
        TIMBlock(**SIZES).build((2, 5, 12), (2, 4, 10))


def test_wrong_calls_are_named():
    cache = np.zeros((BATCH, 2, TIME, 6, 2), "float32")
    cached = {"self_attention_cache": cache, "self_attention_cache_update_index": 0}
    with pytest.raises(ValueError, match="causal=False, look_ahead=0"):
        call(built()[0], X[:, :1], **cached)
    with pytest.raises(ValueError, match="causal=True, look_ahead=1"):
        call(built(causal=True, look_ahead=1)[0], X[:, :1], **cached)
    with pytest.raises(ValueError, match="built with one"):
        call(built()[0], X, ENCODED)
    with pytest.raises(ValueError, match="encoder_sequence=None"):
        call(built(encoded=True)[0], X)
    with pytest.raises(ValueError, match="cross_attention_cache"):
        call(built()[0], X, cross_attention_cache=cache)
    with pytest.raises(ValueError, match="needs a `self_attention_cache_update_index`"):
        call(built(causal=True)[0], X[:, :1], self_attention_cache=cache)
    with pytest.raises(ValueError, match="`self_attention_cache_update_index` needs"):
        call(built(causal=True)[0], X[:, :1], self_attention_cache_update_index=0)
    with pytest.raises(ValueError, match="max_time=None"):
        built(causal=True)[0].initial_cache(BATCH)
    windowed, _ = built(causal=True, attention_window=3)
    with pytest.raises(ValueError, match=r"`self_attention_cache` must have the shape \(3, 2, 2"):
        call(windowed, X[:, :1], **cached)


@pytest.mark.parametrize(("index", "steps"), [(-1, 1), (TIME, 1), (TIME - 1, 2)])
def test_steps_that_do_not_fit_into_the_cache_are_named(index, steps):
    layer, _ = built(causal=True)
    cache = layer.initial_cache(BATCH, TIME)
    received = f"update_index={index}, {steps} steps, a cache of {TIME} steps"
    with pytest.raises(ValueError, match=f"Received: self_attention_cache_{received}"):
        layer(
            tensors(X[:, :steps]),
            self_attention_cache=cache,
            self_attention_cache_update_index=index,
        )


WRONG_SHAPES = {
    "encoder_sequence": (BATCH, SOURCE, 6),
    "attention_mask": (BATCH, TIME),
    "encoder_padding_mask": (BATCH, TIME),
    "encoder_attention_mask": (BATCH, SOURCE, SOURCE),
    "self_attention_cache": (BATCH, TIME, 6, 2),
    "cross_attention_cache": (BATCH, 2, TIME, 6, 2),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_tensors_of_a_wrong_shape_are_named(name):
    layer, _ = built(encoded=True, causal=True)
    arguments = {
        "encoder_sequence": ENCODED,
        name: np.ones(WRONG_SHAPES[name], "bool" if name.endswith("mask") else "float32"),
    }
    if name.endswith("cache"):
        arguments[f"{name}_update_index"] = 0
    with pytest.raises(ValueError, match=f"`{name}` must have the shape"):
        call(layer, X, **arguments)
