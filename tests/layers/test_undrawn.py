import numpy as np
import pytest
from keras import ops

from modzoo.layers import initializers

MAKE = {
    "stacked": lambda: initializers.stacked("glorot_uniform"),
    "stacked_columns": lambda: initializers.stacked_columns("orthogonal", (1, 2)),
    "row_blocks": lambda: initializers.row_blocks("glorot_uniform", (2, 2)),
    "column_blocks": lambda: initializers.column_blocks("glorot_uniform", (1, 2)),
}


@pytest.mark.parametrize("kind", MAKE)
def test_block_weights_are_zeros_in_that_scope_alone(kind):
    shape = (2, 4, 3) if "stacked" in kind else (4, 3)
    with initializers.undrawn():
        zeros = ops.convert_to_numpy(MAKE[kind]()(shape, dtype="float32"))
    np.testing.assert_array_equal(zeros, np.zeros(shape, "float32"))
    assert np.any(ops.convert_to_numpy(MAKE[kind]()(shape, dtype="float32")))
