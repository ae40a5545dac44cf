import keras
import numpy as np
import pytest

from modzoo.layers import GroupDense
from tests.backends import outputs, randomise


def run(layer, x):
    x = x.astype("float32")
    return outputs(lambda: layer(keras.ops.convert_to_tensor(x)), layer.variables)


@pytest.mark.parametrize("shape", [(3, 6), (3, 5, 6), (2, 3, 2, 12), (1, 12)])
@pytest.mark.parametrize("num_groups", [1, 2, 3, 6])
@pytest.mark.parametrize("use_bias", [True, False])
def test_is_a_dense_layer_with_a_block_diagonal_kernel(shape, num_groups, use_bias):
    layer = GroupDense(num_groups, 4, use_bias=use_bias)
    layer.build(shape)
    drawn = randomise(layer)
    width = shape[-1] // num_groups
    kernel = np.zeros((shape[-1], num_groups * 4))
    for g in range(num_groups):
        kernel[g * width : (g + 1) * width, g * 4 : (g + 1) * 4] = drawn["kernel"][g]
    x = np.random.default_rng(0).normal(size=shape)
    expected = x @ kernel + (drawn["bias"] if use_bias else 0.0)
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5, atol=1e-5)
    assert layer.count_params() == drawn["kernel"].size + (num_groups * 4 if use_bias else 0)


def test_as_many_rows_as_groups_of_one_unit():
    layer = GroupDense(3, 1)
    layer.build((3, 6))
    drawn = randomise(layer)
    x = np.random.default_rng(0).normal(size=(3, 6))
    parts = np.split(x, 3, axis=-1)
    expected = [part @ kernel for part, kernel in zip(parts, drawn["kernel"], strict=True)]
    np.testing.assert_allclose(run(layer, x), np.hstack(expected) + drawn["bias"], atol=1e-6)


def test_one_group_is_dense():
    layer, dense = (
        GroupDense(1, 4, activation="tanh"),
        keras.layers.Dense(4, activation="tanh"),
    )
    x = np.random.default_rng(0).normal(size=(3, 5, 6))
    for each in (layer, dense):
        each.build(x.shape)
    drawn = randomise(layer)
    dense.set_weights([drawn["kernel"][0], drawn["bias"]])
    np.testing.assert_allclose(run(layer, x), run(dense, x), atol=1e-6)


@pytest.mark.parametrize("seed", [None, 7])
def test_groups_are_drawn_apart_with_the_fans_of_one(seed):
    layer = GroupDense(3, 30, kernel_initializer=keras.initializers.GlorotUniform(seed=seed))
    layer.build((None, 60))
    kernel = layer.kernel.numpy()
    limit = np.sqrt(6 / (20 + 30))
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(kernel[a] - kernel[b]).max() > 0.1 * limit
    assert np.all(
        (np.abs(kernel).max((1, 2)) <= limit) & (np.abs(kernel).max((1, 2)) > 0.9 * limit)
    )


@pytest.mark.parametrize(
    ("arguments", "received"),
    [((0, 4), "num_groups=0"), ((2.0, 4), "num_groups=2.0"), ((2, -1), "units=-1")],
)
def test_wrong_counts_are_named(arguments, received):
    with pytest.raises(ValueError, match=f"Received: {received}"):
        GroupDense(*arguments)


@pytest.mark.parametrize("width", [7, None])
def test_a_width_that_does_not_divide_is_named(width):
    with pytest.raises(ValueError, match=rf"input_shape=\(2, {width}\), num_groups=3"):
        GroupDense(3, 4).build((2, width))
