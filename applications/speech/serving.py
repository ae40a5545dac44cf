import numpy as np
import tensorflow as tf

from modzoo.applications.speech.spectrum import BINS, BLOCK
from modzoo.serving import Servable, Signature, for_all

EXAMPLES = ((1, 4000), (3, 700))  # sounds, samples


def servable(model):
    """A model of speech as `modzoo.serving.Servable`.

    `"waveform"`, float32 `(batch, samples)` at 16 kHz, becomes `"enhanced"`, of the same shape;
    `explain` adds, where mechanisms compete, their `"competition"` at each frame, `(batch, layer,
    frame, mechanism)`, in the `"layers"`, `(batch, layer)`, counted from 0. `stream` is a step of
    a stream: `"samples"`, `(batch, 256)`, and all it has to remember, zeros at first but where
    `begin`, of any `"samples"`, says otherwise, become the `"enhanced"` samples of 768 samples
    before (with a look-ahead of two frames) and what is to be remembered next, each under its name
    with `next_` before it, since some programs keep no output of an input's name. `network` says
    by what each frequency of spectra is multiplied, `"gain"`, from their `"magnitude"`, `(batch,
    frames, 257)`.
    """
    network = model.network
    decisions = model.decisions_model() if model.competes else None

    def serve(batch):
        return {"enhanced": model(batch["waveform"], training=False)}

    def explain(batch):
        if decisions is None:
            return serve(batch)
        outputs = decisions(batch["waveform"], training=False)
        competition = tf.stack(outputs["competition"], axis=1)[:, :, network.look_ahead :]
        layers = for_all(model.mechanism_layers, batch["waveform"])
        return {"enhanced": outputs["waveform"], "competition": competition, "layers": layers}

    def begin(batch):
        return dict(network.initial_state(tf.shape(batch["samples"])[0]))

    def stream(batch):
        batch = dict(batch)
        blocks = batch.pop("samples")[:, None]
        blocks, state, _ = network.advance(blocks, batch)
        state = {f"next_{name}": value for name, value in state.items()}
        return {"enhanced": blocks[:, 0], **state}

    def gain(batch):
        return {"gain": network.gains(batch["magnitude"])}

    rng = np.random.default_rng(0)
    waveforms = [rng.normal(0, 0.1, shape).astype("float32") for shape in EXAMPLES]
    samples = [waveform[:, :BLOCK] for waveform in waveforms]
    magnitudes = [np.abs(x[:, : 2 * BINS]).reshape(len(x), 2, BINS) for x in waveforms]
    whole = (
        {"waveform": tf.TensorSpec([None, None], tf.float32, "waveform")},
        [{"waveform": x} for x in waveforms],
    )
    block = {"samples": tf.TensorSpec([None, BLOCK], tf.float32, "samples")}
    state = network.initial_state(1)
    steps = [{"samples": x, **_repeated(state, x)} for x in samples]
    spectra = {"magnitude": tf.TensorSpec([None, None, BINS], tf.float32, "magnitude")}
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *whole),
            "explain": Signature(explain, *whole),
            "begin": Signature(begin, block, [{"samples": x} for x in samples]),
            "stream": Signature(stream, block | _specs(state), steps),
            "network": Signature(gain, spectra, [{"magnitude": x} for x in magnitudes]),
        },
    )


def _specs(state):
    return {
        name: tf.TensorSpec([None, *value.shape[1:]], value.dtype, name)
        for name, value in state.items()
    }


def _repeated(state, samples):
    return {name: np.repeat(value, len(samples), axis=0) for name, value in state.items()}
