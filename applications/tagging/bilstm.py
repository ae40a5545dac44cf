import functools

import keras
from keras import ops

from modzoo.layers.initializers import stacked
from modzoo.layers.recurrence import recur
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class BiLSTM(keras.layers.Layer):
    """A bidirectional LSTM whose directions run side by side in one loop.

    It computes what `keras.layers.Bidirectional(keras.layers.LSTM(units // 2))` does, in half
    the steps; on PyTorch, where steps are dear, with `torch.nn.LSTM`'s kernel. What is read
    may be integers, rows of a table: then the table is mapped once, rather than each row
    wherever it occurs.

    Args:
        units: Integer, width of the output, half of it from each direction.
        return_sequences: Whether to return the states of every step, or the last forward and
            the first backward state.

    Call arguments:
        inputs: Tensor `(batch, time, features)`; with a table, integers `(batch, time)`.
        mask: Boolean tensor `(batch, time)`. A masked step changes no state, and outputs zeros.
        table: Tensor `(rows, features)`.

    Output shape: `(batch, units)`; with `return_sequences=True` `(batch, time, units)`.
    """

    def __init__(self, units, return_sequences=False, **kwargs):
        super().__init__(**kwargs)
        if units < 2 or units % 2:
            raise ValueError(f"`units` must be even, half a direction. Received: units={units}.")
        self.units = units
        self.return_sequences = return_sequences
        self.supports_masking = True

    def build_for(self, features):
        """Makes the weights for inputs, or a table, of that many features."""
        width = self.units // 2
        gates = 4 * width  # input, forget, candidate, output, as in Keras and PyTorch
        self.kernel = self.add_weight(
            name="kernel", shape=(2, features, gates), initializer=stacked("glorot_uniform")
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(2, width, gates), initializer=stacked("orthogonal")
        )
        self.bias = self.add_weight(name="bias", shape=(2, gates), initializer=_forget_bias)
        self.built = True

    def build(self, inputs_shape, table_shape=None):
        self.build_for((table_shape or inputs_shape)[-1])

    def call(self, inputs, mask, table=None):
        mask = ops.cast(mask, "bool")
        if keras.backend.backend() == "torch" and self.compute_dtype == "float32":
            lengths = _lengths_of(mask)
            if lengths is not None:
                x = inputs if table is None else ops.take(table, inputs, axis=0)
                return self._torch(x, lengths)
        mask = ops.transpose(mask)
        return self._loop(self._projected(inputs, table), mask)

    def _projected(self, inputs, table):
        """What each step adds to the gates, `(time, 2, batch, gates)`."""
        bias = ops.expand_dims(self.bias, 1)
        if table is not None:
            rows = ops.shape(table)[0]
            table = ops.matmul(table, self.kernel) + bias
            table = ops.reshape(table, (-1, table.shape[-1]))
            ids = ops.transpose(inputs)
            ids = ops.stack([ids, ops.flip(ids, axis=0) + rows], axis=1)
            return ops.take(table, ids, axis=0)
        x = ops.transpose(inputs, (1, 0, 2))
        x = ops.stack([x, ops.flip(x, axis=0)], axis=1)
        return ops.matmul(x, self.kernel) + bias

    def _loop(self, projected, mask):
        mask = ops.expand_dims(ops.stack([mask, ops.flip(mask, axis=0)], axis=1), -1)
        recurrent_kernel = ops.convert_to_tensor(self.recurrent_kernel)
        width = self.units // 2

        def step(inputs_t, states):
            x, update = inputs_t
            h, c = states
            i, f, g, o = split(x + ops.matmul(h, recurrent_kernel), [width] * 4, axis=-1)
            c_next = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
            h_next = ops.sigmoid(o) * ops.tanh(c_next)
            h, c = ops.where(update, h_next, h), ops.where(update, c_next, c)
            return ((h,) if self.return_sequences else ()), (h, c)

        zeros = ops.zeros_like(projected[0][..., :width])
        shape = (2, projected.shape[2], width)
        outputs = [(shape, zeros.dtype)] if self.return_sequences else []
        sequence, (h, _) = recur(step, (projected, mask), (zeros, zeros), outputs)
        if not self.return_sequences:
            return ops.concatenate([h[0], h[1]], axis=-1)
        sequence = ops.where(mask, sequence[0], ops.zeros_like(sequence[0]))
        both = [sequence[:, 0], ops.flip(sequence[:, 1], axis=0)]
        return ops.transpose(ops.concatenate(both, axis=-1), (1, 0, 2))

    def _torch(self, x, lengths):
        import torch
        from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

        weights = {}
        for i, end in enumerate(("l0", "l0_reverse")):
            weights[f"weight_ih_{end}"] = self.kernel[i].T.contiguous()
            weights[f"weight_hh_{end}"] = self.recurrent_kernel[i].T.contiguous()
            weights[f"bias_ih_{end}"] = self.bias[i]
            weights[f"bias_hh_{end}"] = torch.zeros_like(self.bias[i])
        packed = pack_padded_sequence(
            x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        lstm = _torch_lstm(x.shape[-1], self.units // 2)
        sequence, (h, _) = torch.func.functional_call(lstm, weights, (packed,))
        if self.return_sequences:
            y, _ = pad_packed_sequence(sequence, batch_first=True, total_length=x.shape[1])
            return torch.where((lengths > 0)[:, None, None], y, 0.0)
        return torch.where((lengths > 0)[:, None], torch.cat([h[0], h[1]], -1), 0.0)

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None

    def compute_output_shape(self, inputs_shape, table_shape=None):
        steps = (inputs_shape[1],) if self.return_sequences else ()
        return (inputs_shape[0], *steps, self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "return_sequences": self.return_sequences,
        }


def _forget_bias(shape, dtype=None):
    width = shape[-1] // 4
    ones, zeros = ops.ones((2, width), dtype), ops.zeros((2, width), dtype)
    return ops.concatenate([zeros, ones, zeros, zeros], axis=-1)


def _lengths_of(mask):
    """Lengths of the rows on PyTorch, or None if they are not padded on the right alone."""
    import torch

    if mask.device.type == "meta" or not bool((mask[:, 1:] <= mask[:, :-1]).all()):
        return None
    return torch.sum(mask, 1)


@functools.cache
def _torch_lstm(features, width):
    import torch

    return torch.nn.LSTM(features, width, bidirectional=True, batch_first=True, device="meta")
