import keras
from keras import ops

from modzoo.applications.speech.noise_floor import (
    GATE_OFFSET,
    GATE_SLOPE,
    compare,
    initial_floor,
)
from modzoo.applications.speech.spectrum import (
    BINS,
    BLOCK,
    from_level,
    from_spectrum,
    level,
    magnitude,
    to_blocks,
    to_samples,
    to_spectrum,
)
from modzoo.layers import TIMEncoder

KERNEL = 3
LONG = 1 << 24  # frames behind which they are not counted any more: three days


@keras.saving.register_keras_serializable(package="modzoo")
class EnhancementNetwork(keras.layers.Layer):
    """From noisy to enhanced samples, frame by frame: convolutions over spectra, then a causal
    `TIMEncoder` that decides on the gain of each frequency.

    It is causal throughout: what it says at a frame is meant for the frame `look_ahead` before.
    So a stream (`advance`) and a whole waveform, which is followed by silence, are one
    computation. Arguments are those of `SpeechEnhancer`.

    Input: float32 waveform `(batch, samples)`.
    Output: a dictionary of `"waveform"`, float32 of the same shape; and, where there are layers of
        mechanisms, `"competition"`, a list of one tensor `(batch, frames + look_ahead,
        num_mechanisms)` for each, in which what is of frame `t` stands at `t + look_ahead`.
    """

    def __init__(
        self,
        num_layers,
        width,
        intermediate_dim,
        num_heads,
        num_mechanisms,
        plain_layers,
        competition,
        channels,
        attention_window,
        look_ahead,
        target,
        least_gain,
        noise_floor,
        dropout,
        disabled,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.look_ahead = look_ahead
        self.target = target
        self.least_gain = least_gain
        self.noise_floor = noise_floor
        policy = {"dtype": self.dtype_policy}
        self.convolutions, self.norms = [], []
        for i, units in enumerate((*channels, width)):
            convolution = keras.layers.Conv1D(units, KERNEL, name=f"convolution_{i}", **policy)
            norm = keras.layers.LayerNormalization(epsilon=1e-6, name=f"norm_{i}", **policy)
            self.convolutions.append(convolution)
            self.norms.append(norm)
        self.encoder = TIMEncoder(
            num_layers,
            intermediate_dim,
            num_heads,
            num_mechanisms,
            plain_layers=plain_layers if num_mechanisms > 1 else range(num_layers),
            competition=competition,
            causal=True,
            attention_window=attention_window,
            distance_bias=True,
            dropout=dropout,
            activation="leaky_relu",
            normalize_first=True,
            return_decisions=True,
            disabled=disabled,
            name="encoder",
            **policy,
        )
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6, name="norm", **policy)
        self.head = keras.layers.Dense(
            BINS, kernel_initializer="zeros", dtype="float32", name="head"
        )

    def build(self, waveform_shape):
        width = (3 if self.noise_floor else 1) * BINS
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            convolution.build((None, None, width))
            width = convolution.filters
            norm.build((None, None, width))
        self.encoder.build((None, None, width))
        self.norm.build((None, None, width))
        self.head.build((None, None, width))
        if self.noise_floor and self.target == "mask":
            for name, value in (("gate_slope", GATE_SLOPE), ("gate_offset", GATE_OFFSET)):
                initializer = keras.initializers.Constant(value)
                weight = self.add_weight(
                    name=name, shape=(BINS,), initializer=initializer, dtype="float32"
                )
                setattr(self, name, weight)

    def call(self, waveform, training=False):
        batch, samples = ops.shape(waveform)
        waveform = ops.cast(waveform, "float32")
        blocks = to_blocks(waveform, self.look_ahead + 1)
        blocks, _, competition = self.advance(blocks, self._before(batch), training)
        waveform = to_samples(blocks[:, self.look_ahead + 1 :], samples)
        return {"waveform": waveform} | ({"competition": competition} if competition else {})

    def initial_state(self, batch_size):
        """What `advance` has to know of what was before the first block: silence.

        A dictionary of tensors whose first axis is the batch.
        """
        caches = self.encoder.initial_cache(batch_size)
        return self._before(batch_size) | {f"cache_{i}": cache for i, cache in enumerate(caches)}

    def _before(self, batch_size):
        dtype = self.compute_dtype
        state = {
            "steps": ops.zeros((batch_size,), dtype="int32"),
            "block": ops.zeros((batch_size, BLOCK)),
            "half": ops.zeros((batch_size, BLOCK)),
            "waiting": ops.zeros((batch_size, self.look_ahead, 3 * BINS)),
        }
        if self.noise_floor:
            state |= initial_floor(batch_size)
        for i, convolution in enumerate(self.convolutions):
            width = convolution.kernel.shape[1]
            state[f"convolution_{i}"] = ops.zeros((batch_size, KERNEL - 1, width), dtype=dtype)
        return state

    def advance(self, blocks, state, training=False):
        """The next blocks of a stream.

        Args:
            blocks: Float32 `(batch, blocks, 256)`.
            state: What `initial_state` or the last call returned. Without caches the steps before
                are not attended to.
            training: Whether to apply dropout.

        Returns:
            Enhanced blocks, those of `look_ahead + 1` blocks before; the state; and the list of
            competitions.
        """
        time = ops.shape(blocks)[1]
        after = {"steps": ops.minimum(state["steps"] + time, LONG), "block": blocks[:, -1]}
        real, imaginary = to_spectrum(blocks, state["block"])
        levels = level(magnitude(real, imaginary))
        y, excess, competition = self._decided(levels, state, after, training)
        waiting = ops.concatenate([real, imaginary, excess], axis=-1)
        waiting = ops.concatenate([state["waiting"], waiting], axis=1)
        after["waiting"] = waiting[:, time:]
        real, imaginary, excess = ops.split(waiting[:, :time], 3, axis=-1)
        gain = self._gain(y, excess, magnitude(real, imaginary))
        blocks, after["half"] = from_spectrum(gain * real, gain * imaginary, state["half"])
        return blocks, after, competition

    def gains(self, magnitudes):
        """By what each frequency of each frame is multiplied, `(batch, frames, 257)`, of
        magnitudes of that shape."""
        batch, frames, _ = ops.shape(magnitudes)
        silence = ops.zeros((batch, self.look_ahead, BINS))
        levels = level(ops.concatenate([magnitudes, silence], axis=1))
        y, excess, _ = self._decided(levels, self._before(batch), {}, training=False)
        return self._gain(y[:, self.look_ahead :], excess[:, :frames], magnitudes)

    def _decided(self, levels, state, after, training):
        """What the head says of each frame, how far each frequency is above the floor of the
        noise, and the list of competitions; what is to be remembered is added to `after`."""
        x, excess = levels, ops.zeros_like(levels)
        if self.noise_floor:
            above_mean, excess, floor = compare(levels, state["steps"], state)
            after |= floor
            x = ops.concatenate([levels, above_mean, excess], axis=-1)
        x = self._convolved(x, state, after)
        x, competition = self._encoded(x, state, after, training)
        return self.head(self.norm(x)), excess, competition

    def _convolved(self, x, state, after):
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = ops.concatenate(
                [state[f"convolution_{i}"], ops.cast(x, self.compute_dtype)], axis=1
            )
            after[f"convolution_{i}"] = x[:, 1 - KERNEL :]
            x = ops.leaky_relu(norm(convolution(x)), 0.01)
        return x

    def _encoded(self, x, state, after, training):
        if "cache_0" not in state:
            x, decisions = self.encoder(x, training=training)
            return x, decisions["competition"]
        caches = [state[f"cache_{i}"] for i in range(self.encoder.num_layers)]
        x, caches, decisions = self.encoder(
            x,
            self_attention_cache=caches,
            self_attention_cache_update_index=state["steps"],
            training=training,
        )
        after |= {f"cache_{i}": cache for i, cache in enumerate(caches)}
        return x, decisions["competition"]

    def _gain(self, y, excess, magnitude):
        """By what each frequency is multiplied, `(batch, time, bins)`."""
        if self.target == "log_magnitude":
            return from_level(y) / magnitude
        if self.noise_floor:
            y = y + self.gate_slope * excess + self.gate_offset
        return ops.maximum(ops.sigmoid(y), self.least_gain)

    def compute_output_shape(self, waveform_shape):
        shapes = {"waveform": tuple(waveform_shape)}
        layers = len(self.encoder.mechanism_layers)
        if layers:
            competition = (waveform_shape[0], None, self.encoder.num_mechanisms)
            shapes["competition"] = [competition] * layers
        return shapes
