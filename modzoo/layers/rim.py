import functools

import keras
from keras import ops

from modzoo.layers.masking import zero_masked
from modzoo.layers.recurrence import recur
from modzoo.layers.rim_fused import covers, fused_recurrence
from modzoo.layers.rim_independent import are_independent, independent_recurrence
from modzoo.layers.rim_step import DropoutMasks, RIMStep
from modzoo.layers.several_inputs import combine_masks, common_steps, is_several, own_masks
from modzoo.layers.shapes import check_shape


@keras.saving.register_keras_serializable(package="modzoo")
class RIM(RIMStep):
    """Recurrent independent mechanisms: recurrent modules that compete for the input.

    It stands where a `keras.layers.LSTM` stands. At each step every module compares the
    input with a null input; the `num_active` modules that want the input most read it
    and update their state, the others keep theirs. Then the active modules read from
    the states of all. With modules `m`, input `x^m` (the same for all, or one of its own
    for each), state `h^m`, and without biases:

        s^m = (h^m_{t-1} Wq_m) . (x^m_t Wk_m) / sqrt(key_dim)
        p^m = softmax([s^m ; 0])[0] = sigmoid(s^m)                          (eq. 1, 5)
        S   = the num_active modules of largest p^m; ties go to the lowest index
        h~^m = cell_m(h^m_{t-1}, p^m x^m_t Wv_m)   m in S, else h^m_{t-1}   (eq. 2, 3)
        h^m = h~^m + softmax(q_m k^T / sqrt(communication_key_dim)) v   m in S   (eq. 4)

    with `q, k, v` linear in `h~` of all modules. The selection has no gradient; `p`
    carries it. With one module, `input_attention=False` and `communication=False` the
    layer is `keras.layers.LSTM` (`GRU`, `SimpleRNN`).

    Args:
        num_modules: Integer, number of modules (the paper's `M`).
        units: Integer, width of each module's state; the output is
            `num_modules * units` wide.
        num_active: Integer in `[1, num_modules]`, modules active at each step (the
            paper's `m_Active`). Default: all.
        cell: `"lstm"`, `"gru"` (Keras' `reset_after=True` form) or `"simple_rnn"`, or a
            list of one of them for each module. A GRU carries on the very state that
            messages of other modules are added to, so that over long sequences it can grow
            without bound; `communication_gate=True` bounds the messages.
        input_dims: List of the widths of the modules' own inputs. Needed only where these
            come concatenated in one tensor; a list of tensors tells them by itself.
        input_attention: Whether modules attend to their input. Without, each cell reads
            its input as it is, and all modules are active.
        communication: Whether active modules read from the others.
        key_dim: Integer, width of queries and keys of the input attention. Default: `units`.
        value_dim: Integer, width of what a module reads. Default: `units`.
        num_heads: Integer, heads of the communication; `units` must be divisible by it.
        communication_key_dim: Integer, width of a head's queries and keys. Default:
            `units // num_heads`.
        selection: `"null"`: each module weighs its input against the null input, as in the
            paper. `"modules"`: `p` is a softmax of `s` across the modules.
        attention_bias: Whether keys and values of the input have a bias; the null input
            passes through it too. (Against the null input the key's bias cancels, so there
            is a weight for it with `selection="modules"` only.)
        communication_gate: Whether what a module reads from the others, `u`, is added as
            `sigmoid(u Wg_m + b_m) * tanh(u)` rather than as it is.
        idle_communication: What others read of a module that is not active: its `"state"`
            (eq. 3), or the `"candidate"` state it would have had, its gradient blocked.
        activation: Activation of the cells.
        recurrent_activation: Activation of the cells' gates.
        use_bias: Whether the cells have biases.
        unit_forget_bias: Whether the forget gates' biases start at 1.
        kernel_initializer: Initialiser of all maps but the recurrent ones, drawn for
            each module by itself.
        recurrent_initializer: Initialiser of the recurrent maps, likewise.
        bias_initializer: Initialiser of the biases.
        kernel_regularizer: Regulariser of the kernels.
        recurrent_regularizer: Regulariser of the recurrent kernels.
        bias_regularizer: Regulariser of the biases.
        disabled: Indices of modules that are switched off: never active, never read by
            others, their state stays as it began. The other modules compete for the
            `num_active` places.
        dropout: Float in `[0, 1)`, fraction dropped of what a module reads of its input.
        recurrent_dropout: Float in `[0, 1)`, fraction dropped of a module's state where
            it enters the cell and the query.
        communication_dropout: Float in `[0, 1)`, fraction dropped of what a module reads
            of the others. All masks are drawn once per sequence.
        seed: Integer, seed of the dropout.
        return_sequences: Whether to return the output of every step, or the last one.
        return_state: Whether to return the final states too.
        return_decisions: Whether to return what the modules decided too. From
            `keras.layers.Bidirectional` those of each direction follow its states, if these
            are returned. `keras.layers.TimeDistributed` hands on one tensor alone, so no
            decisions and no states.
        go_backwards: Whether to process the steps in reverse. Output and decisions are in
            the order of processing.
        stateful: Whether a batch begins with the states that the last one ended with.
        unroll: Whether to unroll the loop over time. Also leaves the backward pass to the
            backend: on PyTorch and JAX that of LSTM modules in float32, with the usual options,
            is written by hand, without second derivatives on PyTorch and forward mode on
            JAX; on PyTorch that of LSTM modules without input attention and communication is
            `torch.nn.LSTM`'s.
        zero_output_for_mask: Whether masked steps output zeros rather than the state.

    Call arguments:
        sequences: Tensor of shape `(batch, time, features)`, read by all modules; or a list
            of `num_modules` tensors `(batch, time, features_m)`, one for each; or, with
            `input_dims`, their concatenation.
        initial_state: List of the initial states: `h` of shape
            `(batch, num_modules * units)`, and, where there are LSTM modules, `c` of shape
            `(batch, num_lstm_modules * units)`. Default: zeros.
        mask: Boolean tensor of shape `(batch, time)`. A masked step changes no state and
            shows as inactive, whatever stands there. Or a list of one for each input, with
            Nones: a module whose own input is masked at a step is idle there, while the others
            compete for the `num_active` places; a None is as where any of the masks is `True`.
            Default: the masks that Keras carries along with `sequences`.
        training: Whether to apply dropout.

    Returns:
        The output, `(batch, num_modules * units)`, or `(batch, time, num_modules * units)`
        with `return_sequences=True`. More values follow in a tuple: the states with
        `return_state=True`, and last, with `return_decisions=True`, a dictionary of
        `"activity"`, 1 where a module was active, else 0, and `"attention"`, the weight `p`
        in `[0, 1]` on the input, both `(batch, time, num_modules)` and 0 at masked steps.

    Raises:
        ValueError: If counts do not fit each other, an option is unknown, the input has
            another number of tensors than there are modules, or a tensor is of another shape
            than said above.

    Example:

    >>> x = np.random.normal(size=(2, 5, 12)).astype("float32")
    >>> rim = modzoo.layers.RIM(6, 8, num_active=4, return_decisions=True)
    >>> output, decisions = rim(x)
    >>> output.shape, decisions["activity"].shape
    ((2, 48), (2, 5, 6))

    References:
    - Bagherzadeh and Bergler, 2021, Multi-input Recurrent Independent Mechanisms for
      leveraging knowledge sources: the equations
    - [Goyal et al., 2019, Recurrent Independent Mechanisms](https://arxiv.org/abs/1909.10893)
    """

    def __init__(
        self,
        num_modules,
        units,
        num_active=None,
        *,
        cell="lstm",
        input_dims=None,
        input_attention=True,
        communication=True,
        key_dim=None,
        value_dim=None,
        num_heads=1,
        communication_key_dim=None,
        selection="null",
        attention_bias=False,
        communication_gate=False,
        idle_communication="state",
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        unit_forget_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        disabled=(),
        dropout=0.0,
        recurrent_dropout=0.0,
        communication_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        return_decisions=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        super().__init__(
            num_modules,
            units,
            num_active,
            cell=cell,
            input_dims=input_dims,
            input_attention=input_attention,
            communication=communication,
            key_dim=key_dim,
            value_dim=value_dim,
            num_heads=num_heads,
            communication_key_dim=communication_key_dim,
            selection=selection,
            attention_bias=attention_bias,
            communication_gate=communication_gate,
            idle_communication=idle_communication,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            unit_forget_bias=unit_forget_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            disabled=disabled,
            **kwargs,
        )
        rates = {
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "communication_dropout": communication_dropout,
        }
        for name, rate in rates.items():
            if not 0 <= rate < 1:
                raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={rate}.")
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.communication_dropout = communication_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if any(rates.values()) else None
        self.return_sequences = return_sequences
        self._return_states = return_state
        self.return_decisions = return_decisions
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.states = None

    @property
    def return_state(self):
        """Whether more than the output is returned, as `keras.layers.Bidirectional` asks."""
        return self._return_states or self.return_decisions

    @property
    def keeps_states(self):
        """Whether the last states are returned or carried over to the next batch."""
        return self._return_states or self.stateful

    def build(self, sequences_shape, initial_state_shape=None):
        shapes = sequences_shape if is_several(sequences_shape) else [sequences_shape]
        for shape in shapes:
            check_shape("sequences", shape, (None, None, None))
        self.build_weights(sequences_shape)
        self.input_spec = [keras.layers.InputSpec(ndim=3, axes={-1: shape[-1]}) for shape in shapes]
        batch_size = shapes[0][0]
        if self.stateful:
            if batch_size is None:
                raise ValueError(
                    "A stateful layer needs a fixed batch size: keras.Input(batch_shape=...). "
                    f"Received: sequences_shape={sequences_shape}."
                )
            self.states = [
                self.add_weight(
                    name=f"state_{i}",
                    shape=(batch_size, width),
                    initializer="zeros",
                    trainable=False,
                    dtype=self.compute_dtype,
                )
                for i, width in enumerate(self.state_widths)
            ]

    def call(self, sequences, initial_state=None, mask=None, sequences_mask=None, training=False):
        mask = sequences_mask if mask is None else mask
        self._check_call(sequences, initial_state, mask)
        masks, mask = own_masks(mask), combine_masks(mask, ops.logical_or)
        weights = self.step_weights()
        inputs, batch_size = self._time_major(sequences, masks or mask)
        update = self._update(masks, mask)
        dropout_masks = DropoutMasks()
        if training:
            rates = (self.dropout, self.recurrent_dropout, self.communication_dropout)
            dropout_masks = self.draw_dropout_masks(batch_size, *rates, self.seed_generator)
        if self.go_backwards:
            flip = functools.partial(ops.flip, axis=0)
            inputs = keras.tree.map_structure(flip, inputs)
            update = None if update is None else flip(update)
        states = self.order.module_major(self._initial_state(initial_state, batch_size))
        if are_independent(self, update, dropout_masks):
            read = self.cell_inputs(inputs, weights, dropout_masks)
            emitted, states = independent_recurrence(read, update, states, weights)
        else:
            projected = self.project(inputs, weights, dropout_masks)
            run = fused_recurrence if covers(self, projected, dropout_masks) else RIM._run_steps
            emitted, states = run(self, projected, update, states, weights, dropout_masks)
        return self._results(emitted, self.order.flat(states), mask)

    def _run_steps(self, projected, update, states, weights, dropout_masks):
        """`step` after `step`; arguments and results as those of `fused_recurrence`."""

        def step(inputs_t, states):
            update_t = None if update is None else inputs_t[-1]
            states, activity, attention = self.step(
                inputs_t[: len(projected)], states, weights, update_t, dropout_masks
            )
            outputs = (states[0],) if self.return_sequences else ()
            if self.return_decisions:
                outputs += (activity, attention)
            return outputs, states

        batch_size = ops.shape(states[0])[1]
        decision = ((self.num_modules, batch_size), self.compute_dtype)
        hidden = ((self.num_modules, batch_size, self.units), self.compute_dtype)
        return recur(
            step,
            projected if update is None else (*projected, update),
            states,
            outputs=[hidden] * self.return_sequences + [decision, decision] * self.return_decisions,
            unroll=self.unroll,
        )

    def _check_call(self, sequences, initial_state, mask):
        batch_size, _ = common_steps(sequences, mask)
        if isinstance(mask, (list, tuple)) and len(mask) != len(_as_list(sequences)):
            raise ValueError(
                "`mask` must be a tensor or a list of one for each input. "
                f"Received: {len(mask)} masks, {len(_as_list(sequences))} inputs."
            )
        if self.stateful and batch_size not in (None, self.states[0].shape[0]):
            raise ValueError(
                "A stateful layer reads batches of the size it was built with, "
                f"{self.states[0].shape[0]}. Received: a batch of {batch_size}."
            )
        if initial_state is not None:
            self.check_states("initial_state", _as_list(initial_state), batch_size)

    def _time_major(self, sequences, mask):
        """Inputs as `(time, batch, features)`, a tensor or a list, with zeros at masked steps,
        and the batch size. `mask` is one, or a list for a list of inputs."""
        if _is_tensor(sequences):
            inputs = zero_masked(sequences, mask)
            return ops.transpose(inputs, (1, 0, 2)), ops.shape(sequences)[0]
        masks = mask if isinstance(mask, list) else [mask] * len(sequences)
        inputs = [
            ops.transpose(zero_masked(x, m), (1, 0, 2))
            for x, m in zip(sequences, masks, strict=True)
        ]
        return inputs, ops.shape(sequences[0])[0]

    def _update(self, masks, mask):
        """Which rows each step updates, `(time, batch)`, or of each module, `(time, modules,
        batch)`; None: all."""
        if masks is None:
            return None if mask is None else ops.transpose(mask)
        return ops.transpose(ops.stack([masks[m] for m in self.order.indices]), (2, 0, 1))

    def _initial_state(self, initial_state, batch_size):
        if initial_state is None and self.stateful:
            initial_state = self.states
        if initial_state is None:
            return [
                ops.zeros((batch_size, width), self.compute_dtype) for width in self.state_widths
            ]
        return [ops.cast(state, self.compute_dtype) for state in _as_list(initial_state)]

    def _results(self, emitted, states, mask):
        if self.stateful:
            for variable, state in zip(self.states, states, strict=True):
                variable.assign(ops.cast(state, variable.dtype))
        output = states[0]
        if self.return_sequences:
            # (time, modules, batch, units) as (batch, time, modules, units)
            hidden = ops.transpose(self.order.restored(emitted[0], axis=1), (2, 0, 1, 3))
            batch_size, time = ops.shape(hidden)[:2]
            output = ops.reshape(hidden, (batch_size, time, self.num_modules * self.units))
            if self.zero_output_for_mask:
                output = zero_masked(output, self._in_order_of_processing(mask))
        results = (output, *states) if self._return_states else (output,)
        if self.return_decisions:
            activity, attention = (  # (time, modules, batch) as (batch, time, modules)
                ops.transpose(self.order.restored(x, axis=1), (2, 0, 1)) for x in emitted[-2:]
            )
            results += ({"activity": activity, "attention": attention},)
        return results[0] if len(results) == 1 else results

    def _in_order_of_processing(self, mask):
        backwards = self.go_backwards and mask is not None
        return ops.flip(mask, axis=1) if backwards else mask

    def reset_state(self):
        """Sets the states of a stateful layer to zero."""
        for state in self.states or ():
            state.assign(ops.zeros(state.shape, state.dtype))

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        shape = sequences_shape[0] if is_several(sequences_shape) else sequences_shape
        batch, time = shape[0], shape[1]
        width = self.num_modules * self.units
        results = ((batch, time, width) if self.return_sequences else (batch, width),)
        if self._return_states:
            results += tuple((batch, w) for w in self.state_widths)
        if self.return_decisions:
            decision = (batch, time, self.num_modules)
            results += ({"activity": decision, "attention": decision},)
        return results[0] if len(results) == 1 else results

    def compute_mask(self, sequences, mask=None):
        output_mask = None
        if self.return_sequences:
            output_mask = self._in_order_of_processing(combine_masks(mask, ops.logical_or))
        results = (output_mask,)
        if self._return_states:
            results += (None,) * len(self.state_widths)
        if self.return_decisions:
            results += ({"activity": None, "attention": None},)
        return results[0] if len(results) == 1 else results

    def get_config(self):
        return {
            **super().get_config(),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "communication_dropout": self.communication_dropout,
            "seed": self.seed,
            "return_sequences": self.return_sequences,
            "return_state": self._return_states,
            "return_decisions": self.return_decisions,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
        }


def _is_tensor(x):
    return not isinstance(x, (list, tuple))


def _as_list(x):
    return [x] if _is_tensor(x) else list(x)
