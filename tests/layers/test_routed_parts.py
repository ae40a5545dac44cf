"""The networks that routed layers are made of, each beside the oracle's, one group at a time."""

import keras
import numpy as np

from modzoo.layers.fixed_routes import FixedRoutes
from modzoo.layers.group_mlp import GroupMLP
from modzoo.layers.route_policy import RoutePolicy
from tests.backends import outputs, randomise
from tests.reference.routing import mlp

GROUPS, ROWS, WIDTH, UNITS = 3, 4, 5, 2


def drawn(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_a_network_for_each_group():
    network = GroupMLP(GROUPS, UNITS, keras.activations.tanh, "glorot_uniform")
    network.build((None, GROUPS * WIDTH))
    randomise(network, 0)
    x = drawn(GROUPS, ROWS, WIDTH)
    found = outputs(lambda: network.map_each([keras.ops.convert_to_tensor(part) for part in x]))
    kernel, bias, outer, outer_bias = network.get_weights()
    bias, outer_bias = bias.reshape(GROUPS, UNITS), outer_bias.reshape(GROUPS, UNITS)
    for g in range(GROUPS):
        layers = (kernel[g], bias[g]), (outer[g], outer_bias[g])
        np.testing.assert_allclose(found[g], mlp(x[g], layers, "tanh"), atol=1e-5)


def test_a_policy_for_each_reader():
    policy = RoutePolicy(2, UNITS, keras.activations.relu, 1.5, "glorot_uniform")
    policy.build((None, WIDTH))
    assert np.ptp(policy.get_weights()[3], axis=1).tolist() == [1.5, 1.5]
    randomise(policy, 0)
    sources, context = drawn(GROUPS, ROWS, WIDTH), drawn(ROWS, 2, UNITS)
    *parts, last = (keras.ops.convert_to_tensor(x) for x in (*sources, context))
    found = outputs(lambda: policy.compare(parts, last))
    kernel, bias, scores, score_bias = policy.get_weights()
    for j in range(2):
        columns = slice(j * UNITS, (j + 1) * UNITS)
        for row in range(ROWS):
            hidden = kernel[:, columns], bias[columns] + context[row, j]
            alpha = mlp(sources[:, row], (hidden, (scores[j], score_bias[j])), "relu")
            np.testing.assert_allclose(found[:, j, row], alpha[:, 1] - alpha[:, 0], atol=1e-5)


def test_scores_that_nothing_decides():
    sources = [keras.ops.convert_to_tensor(x) for x in drawn(GROUPS, ROWS, WIDTH)]
    for routing, score in (("all", 1.0), ("random", 0.0)):
        fixed = FixedRoutes(2, routing)
        fixed.build((None, WIDTH))
        assert fixed.weights == []
        found = outputs(lambda layer=fixed: layer.compare(sources))
        np.testing.assert_array_equal(found, np.full((GROUPS, 2, ROWS), score))
