"""The recurrence of a RIM on PyTorch whose LSTM modules neither compete nor communicate.

Each module is then an LSTM by itself, which PyTorch runs over all steps at once, several times
faster than step by step.
"""

import keras

from modzoo.layers.rim_step import RIMStep


def are_independent(layer, update, dropout_masks):
    """Whether `independent_recurrence` computes what a `RIM` is to compute.

    Args:
        layer: `RIM`.
        update: Booleans `(time, batch)` or `(time, modules, batch)`, or None.
        dropout_masks: `DropoutMasks`.
    """
    return (
        all(
            (
                keras.backend.backend() == "torch",
                layer.compute_dtype in ("float32", "float64"),
                list(layer.order.members) == ["lstm"],
                layer.activation is keras.activations.tanh,
                layer.recurrent_activation is keras.activations.sigmoid,
                not layer.input_attention and not layer.communication,
                not layer.disabled,
                dropout_masks.state is None,
                # Behind masked steps the last memory is not among PyTorch's outputs.
                update is None or (len(update.shape) == 2 and not layer.keeps_states),
                not layer.unroll,
                type(layer).step is RIMStep.step,
            )
        )
        and not _is_transformed()
    )


def _is_transformed():
    """Whether the call is compiled, exported or under `torch.func`, where steps run themselves."""
    import torch

    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()


def independent_recurrence(read, update, states, weights):
    """The steps of a `RIM` whose modules `are_independent`.

    Args:
        read: For each module what it reads, `(time, batch, features)`, and its kernel.
        update: Booleans `(time, batch)`, or None.
        states: The initial `(h, c)`, `(modules, batch, units)`.
        weights: `StepWeights`.

    Returns:
        The states `h` of all steps, `(time, modules, batch, units)`, activity and attention,
        both `(time, modules, batch)`; and the last states, `c` only where nothing is masked.
    """
    import torch

    present = None if update is None else _Present(update)
    (recurrent,), (bias,) = weights.recurrent_kernels, weights.biases
    hidden, memories = [], []
    for m, (x, kernel) in enumerate(read):
        h, c = states[0][m], states[1][m]
        x = x if present is None else present.first(x)
        y, memory = _lstm(x, h, c, kernel, recurrent[m], None if bias is None else bias[m, 0])
        hidden.append(y if present is None else present.at_their_steps(y, h))
        memories.append(memory)
    hidden = torch.stack(hidden, dim=1)
    activity = torch.ones_like(hidden[..., 0])
    if update is not None:
        activity = activity * update[:, None]
    return (hidden, activity, activity), (hidden[-1], torch.stack(memories))


def _lstm(x, h, c, kernel, recurrent_kernel, bias):
    """States of all steps, `(time, batch, units)`, and the last memory."""
    import torch

    weights = [kernel.mT, recurrent_kernel.mT]
    if bias is not None:
        weights += [bias, torch.zeros_like(bias)]
    weights = [weight.contiguous() for weight in weights]
    start = h[None].contiguous(), c[None].contiguous()
    keep = torch.is_grad_enabled()
    y, _, memory = torch.lstm(x, start, weights, bias is not None, 1, 0.0, keep, False, False)
    return y, memory[0]


class _Present:
    """Moves the steps of each sequence that are not masked to its beginning, and back.

    Args:
        update: Booleans `(time, batch)`.
    """

    def __init__(self, update):
        import torch

        self.order = torch.argsort(~update, dim=0, stable=True)[..., None]
        self.num_read = update.cumsum(0)[..., None]

    def first(self, x):
        return x.gather(0, self.order.expand_as(x))

    def at_their_steps(self, y, start):
        """Each step's state: that behind the steps read so far, at first `start`."""
        import torch

        states = torch.cat([start[None], y])
        return states.gather(0, self.num_read.expand_as(y))
