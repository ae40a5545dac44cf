"""The ways in which attention is computed give the same."""

import keras
import numpy as np
import pytest
from keras import ops

from modzoo.layers.mechanism_attention import dot_product_attention

RNG = np.random.default_rng(0)
BATCH, TIME, SOURCE_TIME, HEADS, KEY_DIM = 2, 3, 4, 2, 6
Q, K, V = (RNG.normal(size=(BATCH, t, HEADS, KEY_DIM)) for t in (TIME, SOURCE_TIME, SOURCE_TIME))
PADDING = RNG.random((BATCH, 1, SOURCE_TIME)) < 0.7
PADDING[:, :, 0] = True
FULL = RNG.random((BATCH, TIME, SOURCE_TIME)) < 0.5
FULL[..., 1] = True
BIAS = RNG.normal(size=(1, HEADS, TIME, SOURCE_TIME))
CAUSAL = np.arange(SOURCE_TIME) <= np.arange(TIME)[:, None]


def expected(mask, bias):
    logits = np.einsum("bthd,bshd->bhts", Q, K) / np.sqrt(KEY_DIM)
    logits = logits + (0 if bias is None else bias)
    if mask is not None:
        logits = np.where(mask[:, None], logits, -np.inf)
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return np.einsum("bhts,bshd->bthd", weights / weights.sum(-1, keepdims=True), V)


class Kept(keras.layers.Layer):
    """Dropout that drops nothing."""

    def call(self, inputs, training=False):
        return inputs


@pytest.mark.parametrize("way", ["kernel", "written_out", "half"])
@pytest.mark.parametrize("mask", [None, "padding", "full", "causal"])
@pytest.mark.parametrize("bias", [None, BIAS])
def test_it_is_the_softmax_of_products(way, mask, bias):
    mask = {None: None, "padding": PADDING, "full": FULL, "causal": None}[mask], mask == "causal"
    wanted = expected(CAUSAL[None] if mask[1] else mask[0], bias)
    dtype = "bfloat16" if way == "half" else "float32"
    query, key, value = (ops.convert_to_tensor(x, dtype=dtype) for x in (Q, K, V))
    if keras.backend.backend() == "torch" and way == "half":
        query.requires_grad_()  # the way of training
    found = dot_product_attention(
        query,
        key,
        value,
        mask=None if mask[0] is None else ops.convert_to_tensor(mask[0]),
        causal=mask[1],
        dropout_layer=Kept() if way == "written_out" else None,
        bias=None if bias is None else ops.convert_to_tensor(bias, dtype="float32"),
    )
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, wanted, atol=3e-2 if way == "half" else 1e-5)
