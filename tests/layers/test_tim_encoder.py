import keras
import keras_hub
import numpy as np
import pytest

from modzoo.layers import TIMEncoder
from tests.backends import gradients, randomise, to_numpy
from tests.layers.test_tim_block import (
    BAND,
    BATCH,
    PADDING,
    SIZES,
    TIME,
    WIDTH,
    X,
    allowed,
    assert_close,
    call,
    named_weights,
    reference,
    zeroed,
)


def built(num_layers=4, shape=X.shape, **arguments):
    encoder = TIMEncoder(num_layers, **{**SIZES, **arguments})
    encoder.build(shape)
    randomise(encoder)
    return encoder


@pytest.mark.parametrize("options", [{}, {"causal": True, "normalize_first": True}])
def test_a_stack_is_its_layers_in_turn(options):
    encoder = built(return_decisions=True, **options)
    assert encoder.mechanism_layers == [2]
    assert [block.num_mechanisms for block in encoder.blocks] == [1, 1, 3, 1]
    expected, seen = X.astype("float64"), allowed(PADDING)
    seen = seen & (BAND <= 0) if "causal" in options else seen
    for block in encoder.blocks:
        expected = zeroed(expected, PADDING)
        expected, competition = reference(block, named_weights(block))(expected, seen)
        if block.num_mechanisms > 1:
            c = competition
    y, decisions = call(encoder, X, padding_mask=PADDING)
    assert_close(y, expected, 1e-4)
    assert len(decisions["competition"]) == 1
    assert_close(decisions["competition"][0], c * PADDING[..., None], 1e-4)


@pytest.mark.parametrize(
    ("plain_layers", "mechanism_layers"),
    [
        ((), [0, 1, 2, 3, 4]),
        ((0, 1, -1), [2, 3]),
        ((-2,), [0, 1, 2, 4]),
        ((0, 0, -5), [1, 2, 3, 4]),
    ],
)
def test_which_layers_have_mechanisms(plain_layers, mechanism_layers):
    encoder = TIMEncoder(5, 18, 6, 3, plain_layers=plain_layers)
    assert encoder.mechanism_layers == mechanism_layers


def test_without_competition_all_weights_are_one():
    encoder = built(2, plain_layers=(), competition=False, return_decisions=True)
    assert not any("competition" in v.path for v in encoder.weights)
    _, decisions = call(encoder, X, padding_mask=PADDING)
    for c in decisions["competition"]:
        np.testing.assert_array_equal(c, np.repeat(PADDING[..., None], 3, -1))


@pytest.mark.parametrize(
    "mechanisms, options, length",
    [
        (2, {"normalize_first": True}, (TIME,)),
        (3, {"attention_window": 3, "distance_bias": True}, ()),
    ],
    ids=["whole", "window"],
)
def test_steps_with_caches_are_the_full_pass(mechanisms, options, length):
    encoder = built(mechanisms, plain_layers=(0,), causal=True, **options)
    expected = call(encoder, X)
    caches = encoder.initial_cache(BATCH, *length)
    for step in range(TIME):
        y, caches = call(
            encoder,
            X[:, step : step + 1],
            self_attention_cache=[keras.ops.convert_to_tensor(c) for c in caches],
            self_attention_cache_update_index=np.array(step),
        )
        assert_close(y, expected[:, step : step + 1], 1e-5)


def test_mechanisms_are_switched_off():
    encoder = built(2, plain_layers=(), return_decisions=True)
    whole, _ = call(encoder, X)
    encoder.disabled = [1, (1, 2)]
    y, decisions = call(encoder, X)
    first, second = decisions["competition"]
    np.testing.assert_array_equal(y[..., 4:8], X[..., 4:8])  # never touched
    assert np.all(first[..., 1] == 0) and np.all(first[..., [0, 2]] > 0)
    assert_close(second, np.broadcast_to([1.0, 0.0, 0.0], second.shape))
    assert np.all(second[..., 1:] == 0)
    assert np.abs(y[..., :4] - whole[..., :4]).max() > 1e-3
    encoder.disabled = []
    assert_close(call(encoder, X)[0], whole)


def test_initial_weights_of_layers_differ():
    encoder = TIMEncoder(3, 16, 4, plain_layers=())
    encoder.build((None, None, 8))
    kernels = [block.feedforward_output.kernel.numpy() for block in encoder.blocks]
    projection = encoder.blocks[0].self_attention.kernel.numpy()
    blocks = [*kernels, *np.split(projection, 3, axis=-1)]
    blocks = [part for block in blocks for part in np.split(block, 2)]
    for i, block in enumerate(blocks):
        for other in blocks[:i]:
            assert block.shape != other.shape or np.abs(block - other).max() > 1e-2


# Parameter counts


def test_a_plain_layer_has_the_weights_of_keras_hub():
    encoder, block = built(1, plain_layers=(0,)), keras_hub.layers.TransformerEncoder(18, 6)
    block.build(X.shape)
    assert encoder.count_params() == block.count_params()


def count(width, heads, plain_layers, num_layers=6):
    encoder = TIMEncoder(
        num_layers, 4 * width, heads, plain_layers=plain_layers, kernel_initializer="zeros"
    )
    encoder.build((None, None, width))
    return encoder.count_params()


def test_the_papers_image_models_are_of_equal_size():
    """8 heads x 184 against 10 heads x 200 in all, two mechanisms, half of the layers plain."""
    baseline, tim = count(184, 8, range(6)), count(200, 10, (0, 1, -1))
    assert abs(tim / baseline - 1) < 0.05
    w = 200  # of one layer: maps and their biases, norms; queries, keys, values of 2 x 32
    plain = 4 * w * w + 8 * w * w + 9 * w + 4 * w
    mechanisms = 12 * w * w // 2 + 9 * w + 4 * w
    communication = 4 * 64 * w + 2 * 3 * 64 + w + 2 * w
    competition = w + 2
    assert tim == 6 * plain - 3 * (plain - mechanisms - communication - competition)
    assert 0.6 < (mechanisms + communication + competition) / plain < 0.7  # "about 30-40 %" less


# Half precision


@pytest.mark.parametrize("normalize_first", [False, True])
def test_bfloat16_stays_finite_at_depth_12(normalize_first):
    encoder = built(
        12, plain_layers=(), normalize_first=normalize_first, dtype="bfloat16", causal=True
    )
    y = call(encoder, 100 * X, padding_mask=PADDING)
    assert np.all(np.isfinite(y))


@pytest.mark.slow
@pytest.mark.parametrize("normalize_first", [False, True])
def test_bfloat16_gradients_stay_finite_at_depth_12(normalize_first):
    encoder = TIMEncoder(
        12, **SIZES, plain_layers=(), normalize_first=normalize_first, dtype="mixed_bfloat16"
    )
    encoder.build(X.shape)
    x, mask = map(keras.ops.convert_to_tensor, (100 * X, PADDING))

    def loss():
        y = keras.ops.cast(encoder(x, padding_mask=mask), "float32")
        return keras.ops.mean(keras.ops.square(y - 1))

    for v, gradient in zip(
        encoder.trainable_variables, gradients(loss, encoder.trainable_variables), strict=True
    ):
        assert np.all(np.isfinite(gradient)), v.path


def test_half_precision_is_near_full():
    full, half = built(2, plain_layers=()), built(2, plain_layers=(), dtype="mixed_bfloat16")
    half.set_weights(full.get_weights())
    y = to_numpy(half(keras.ops.convert_to_tensor(X)))
    assert np.abs(y - call(full, X)).mean() < 0.05


# Errors


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"num_layers": 0}, "num_layers=0"),
        ({"plain_layers": (4,)}, r"plain_layers=\(4,\), num_layers=4"),
        ({"num_layers": 1}, r"plain_layers=\(0, 1, -1\), num_layers=1"),
        ({"intermediate_dim": 20}, "intermediate_dim=20, num_mechanisms=3"),
        ({"disabled": [3]}, r"disabled=\[3\]"),
        ({"disabled": [(0, 1)]}, r"disabled=\(\(0, 1\),\)"),
    ],
)
def test_wrong_arguments_are_named(arguments, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        TIMEncoder(**{"num_layers": 4, **SIZES, **arguments})


def test_a_cache_for_each_layer():
    encoder = built(2, plain_layers=(0,), causal=True)
    caches = encoder.initial_cache(BATCH, TIME)[:1]
    with pytest.raises(ValueError, match="Received: 1 caches, num_layers=2"):
        encoder(X, self_attention_cache=caches, self_attention_cache_update_index=0)


def test_a_width_that_does_not_divide_is_named():
    with pytest.raises(ValueError, match=rf"{WIDTH + 3}\), num_heads=6, num_mechanisms=3"):
        built(shape=(BATCH, TIME, WIDTH + 3))
