import keras
import numpy as np
import pytest

from modzoo.layers import GroupLayerNormalization
from tests.backends import outputs, randomise


def run(layer, x, dtype="float32"):
    x = keras.ops.convert_to_tensor(x.astype("float32"))
    return outputs(lambda: layer(keras.ops.cast(x, dtype)), layer.variables)


@pytest.mark.parametrize("shape", [(3, 6), (3, 5, 12), (2, 3, 2, 6)])
@pytest.mark.parametrize("num_groups", [1, 2, 3])
@pytest.mark.parametrize("epsilon", [1e-6, 0.1])
def test_each_group_has_its_own_statistics(shape, num_groups, epsilon):
    layer = GroupLayerNormalization(num_groups, epsilon=epsilon)
    layer.build(shape)
    drawn = randomise(layer)
    x = 2.0 + 3.0 * np.random.default_rng(0).normal(size=shape)
    groups = np.split(x, num_groups, axis=-1)
    normalised = [
        (g - g.mean(-1, keepdims=True)) / np.sqrt(g.var(-1, keepdims=True) + epsilon)
        for g in groups
    ]
    expected = np.concatenate(normalised, axis=-1) * drawn["gamma"] + drawn["beta"]
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5, atol=3e-5)


def test_one_group_is_layer_normalization():
    layer = GroupLayerNormalization(1, epsilon=1e-3)
    reference = keras.layers.LayerNormalization(epsilon=1e-3)
    x = 2.0 + 3.0 * np.random.default_rng(0).normal(size=(3, 5, 6))
    for each in (layer, reference):
        each.build(x.shape)
    drawn = randomise(layer)
    reference.set_weights([drawn["gamma"], drawn["beta"]])
    np.testing.assert_allclose(run(layer, x), run(reference, x), rtol=1e-5, atol=3e-5)


def test_statistics_of_half_precision_are_taken_in_float32():
    """Squares of the deviations, 160,000, are beyond float16's largest number, 65,504."""
    layer = GroupLayerNormalization(2, dtype="mixed_float16")
    x = np.tile([100.0, 900.0], (2, 4))
    np.testing.assert_allclose(run(layer, x, "float16"), np.tile([-1.0, 1.0], (2, 4)), atol=1e-3)


@pytest.mark.parametrize("num_groups", [0, 1.5])
def test_a_wrong_count_is_named(num_groups):
    with pytest.raises(ValueError, match=f"Received: num_groups={num_groups}"):
        GroupLayerNormalization(num_groups)


@pytest.mark.parametrize("width", [7, None])
def test_a_width_that_does_not_divide_is_named(width):
    with pytest.raises(ValueError, match=rf"input_shape=\(2, {width}\), num_groups=3"):
        GroupLayerNormalization(3).build((2, width))
