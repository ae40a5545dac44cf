import keras
from keras import ops

from modzoo.layers.initializers import stacked
from modzoo.layers.masking import lowest_logit, zero_masked
from modzoo.layers.recurrence import recur
from modzoo.layers.shapes import check_shape
from modzoo.layers.slicing import split


@keras.saving.register_keras_serializable(package="modzoo")
class BiLSTM(keras.layers.Layer):
    """A bidirectional LSTM whose directions run side by side in one loop.

    It computes what `keras.layers.Bidirectional(keras.layers.LSTM(units // 2))` does, in half
    the steps; on PyTorch, where steps are dear, with `torch.nn.LSTM`'s kernel.

    Args:
        units: Integer, width of the output, half of it from each direction.

    Call arguments:
        inputs: Tensor `(batch, time, features)`.
        mask: Boolean tensor `(batch, time)`. A masked step changes no state, and outputs zeros.

    Output shape: `(batch, time, units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if units < 2 or units % 2:
            raise ValueError(f"`units` must be even, half a direction. Received: units={units}.")
        self.units = units
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, inputs_shape):
        width = self.units // 2
        gates = 4 * width  # input, forget, candidate, output, as in Keras and PyTorch
        self.kernel = self.add_weight(
            name="kernel", shape=(2, inputs_shape[-1], gates), initializer=stacked("glorot_uniform")
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(2, width, gates), initializer=stacked("orthogonal")
        )
        self.bias = self.add_weight(name="bias", shape=(2, gates), initializer=_forget_bias)

    def call(self, inputs, mask):
        check_shape("mask", mask.shape, inputs.shape[:2])
        mask = ops.cast(mask, "bool")
        inputs = zero_masked(inputs, mask)
        if keras.backend.backend() == "torch" and self.compute_dtype == "float32":
            lengths = _lengths_of(mask)
            if lengths is not None:
                return self._torch(inputs, mask, lengths)
        x = ops.transpose(inputs, (1, 0, 2))
        x = ops.stack([x, ops.flip(x, axis=0)], axis=1)  # (time, 2, batch, features)
        x = ops.matmul(x, self.kernel) + ops.expand_dims(self.bias, 1)
        mask = ops.transpose(mask)
        mask = ops.expand_dims(ops.stack([mask, ops.flip(mask, axis=0)], axis=1), -1)
        states = self._loop(x, mask)
        states = ops.where(mask, states, ops.zeros_like(states))
        both = [states[:, 0], ops.flip(states[:, 1], axis=0)]
        return ops.transpose(ops.concatenate(both, axis=-1), (1, 0, 2))

    def read_words(self, letters, words, table):
        """States where words end that stand in one row, apart from each other.

        Args:
            letters: Integers `(rows, time)`, rows of the table; at 0 a direction begins anew.
            words: Integers `(..., 2)`, the first and the last letter of words, counted
                through the rows.
            table: Tensor `(ids, features)`.

        Returns:
            Tensor `(..., units)`: forward states at the last, backward states at the first
            letters; zeros at 0.
        """
        # Each letter is mapped once. At 0 the gates are closed, and the state becomes 0.
        ids, width = ops.shape(table)[0], self.units // 2
        table = ops.matmul(table, self.kernel) + ops.expand_dims(self.bias, 1)
        closed = ops.full_like(table[:, :1], lowest_logit(table.dtype))
        table = ops.concatenate([closed, table[:, 1:]], axis=1)
        table = ops.reshape(table, (-1, 4 * width))  # (2 * ids, gates), backward ones behind
        rows, time = ops.shape(letters)
        letters = ops.transpose(letters)
        # (time, 2, rows)
        letters = ops.stack([letters, ops.flip(letters, axis=0) + ids], axis=1)
        states = self._loop(ops.take(table, letters, axis=0))
        states = ops.reshape(states, (-1, width))
        first, last = words[..., 0], words[..., 1]
        forward = (last % time) * 2 * rows + last // time
        backward = ((time - 1 - first % time) * 2 + 1) * rows + first // time
        both = ops.take(states, ops.stack([forward, backward], axis=-1), axis=0)
        return ops.reshape(both, (*ops.shape(words)[:-1], self.units))

    def _loop(self, projected, mask=None):
        """States `(time, 2, batch, width)` from what each step adds to the gates."""
        recurrent_kernel = ops.convert_to_tensor(self.recurrent_kernel)
        width = self.units // 2
        cell = _torch_cell if keras.backend.backend() == "torch" else _cell

        def step(inputs_t, states):
            x, *update = inputs_t
            h, c = states
            h_next, c_next = cell(x, h, c, recurrent_kernel)
            if update:
                h_next = ops.where(update[0], h_next, h)
                c_next = ops.where(update[0], c_next, c)
            return (h_next,), (h_next, c_next)

        zeros = ops.zeros_like(projected[0][..., :width])
        shape = (2, ops.shape(projected)[2], width)
        inputs = (projected,) if mask is None else (projected, mask)
        (states,), _ = recur(step, inputs, (zeros, zeros), [(shape, zeros.dtype)])
        return states

    def _torch(self, x, mask, lengths):
        import torch
        from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

        weights = []
        for kernel, recurrent_kernel, bias in zip(
            self.kernel, self.recurrent_kernel, self.bias, strict=True
        ):
            weights += [kernel.T, recurrent_kernel.T, bias, torch.zeros_like(bias)]
        zeros = x.new_zeros(2, x.shape[0], self.units // 2)
        options = (weights, True, 1, 0.0, False, True)  # with biases, one layer, bidirectional
        if bool(mask.all()):
            return torch.lstm(x, (zeros, zeros), *options, True)[0]
        packed = pack_padded_sequence(
            x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        y, _, _ = torch.lstm(packed.data, packed.batch_sizes, (zeros, zeros), *options)
        y, _ = pad_packed_sequence(
            packed._replace(data=y), batch_first=True, total_length=x.shape[1]
        )
        return torch.where((lengths > 0)[:, None, None], y, 0.0)

    def compute_mask(self, inputs, mask=None):
        return mask

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:2], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def _forget_bias(shape, dtype=None):
    width = shape[-1] // 4
    ones, zeros = ops.ones((2, width), dtype), ops.zeros((2, width), dtype)
    return ops.concatenate([zeros, ones, zeros, zeros], axis=-1)


def _cell(x, h, c, recurrent_kernel):
    gates = x + ops.matmul(h, recurrent_kernel)
    i, f, g, o = split(gates, [h.shape[-1]] * 4, axis=-1)
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(c), c


def _torch_cell(x, h, c, recurrent_kernel):
    """The same in PyTorch's own operations, each of which `keras.ops` makes dearer."""
    import torch

    i, f, g, o = torch.baddbmm(x, h, recurrent_kernel).chunk(4, -1)
    c = torch.addcmul(f.sigmoid() * c, i.sigmoid(), g.tanh())
    return o.sigmoid() * c.tanh(), c


def _lengths_of(mask):
    """Lengths of the rows on PyTorch, or None if they are not padded on the right alone."""
    import torch

    if mask.device.type == "meta" or not bool((mask[:, 1:] <= mask[:, :-1]).all()):
        return None
    return torch.sum(mask, 1)
