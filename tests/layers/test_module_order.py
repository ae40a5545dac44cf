import keras
import numpy as np
import pytest

from modzoo.layers.module_order import ModuleOrder
from tests.backends import outputs

KINDS = ["gru", "lstm", "simple_rnn", "lstm"]


def test_modules_of_one_kind_stand_side_by_side():
    order = ModuleOrder(KINDS, units=2)
    assert order.members == {"lstm": [1, 3], "gru": [0], "simple_rnn": [2]}
    assert order.indices == [1, 3, 0, 2]
    assert order.num_memories == 2


@pytest.mark.parametrize("kinds", [KINDS, ["gru"] * 3, ["simple_rnn", "lstm"]])
def test_the_way_out_is_the_way_in_reversed(kinds):
    order = ModuleOrder(kinds, units=2)
    h = np.arange(3 * len(kinds) * 2, dtype="float32").reshape(3, -1)
    c = -np.arange(3 * order.num_memories * 2, dtype="float32").reshape(3, -1)
    flat = [h, c] if order.num_memories else [h]

    def run():
        inside = order.module_major([keras.ops.convert_to_tensor(x) for x in flat])
        by_kind = order.by_kind(inside[0])
        restored = order.restored(keras.ops.expand_dims(inside[0], 0), axis=1)[0]
        return inside, by_kind, restored, order.flat(inside)

    inside, by_kind, restored, again = outputs(run)
    modules = h.reshape(3, len(kinds), 2).transpose(1, 0, 2)
    np.testing.assert_array_equal(inside[0], modules[order.indices])
    for part, members in zip(by_kind, order.members.values(), strict=True):
        np.testing.assert_array_equal(part, modules[members])
    np.testing.assert_array_equal(restored, modules)
    for x, y in zip(again, flat, strict=True):
        np.testing.assert_array_equal(x, y)
