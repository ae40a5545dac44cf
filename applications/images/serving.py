import math

import numpy as np
import tensorflow as tf

from modzoo.applications.images.codebook import decode
from modzoo.serving import Servable, Signature, for_all, network_signature

EXAMPLES = (1, 3)  # pictures


def servable(model):
    """A model of pictures as `modzoo.serving.Servable`: what it says of pictures that are there.

    `"pixels"`, uint8 `(batch, height, width, 3)` of the model's size, become
    `"log_likelihood"`, `(batch,)`, in nats, of the pictures' colour codes, and
    `"bits_per_dim"`, the same in bits a pixel, of which less is likelier. `explain` adds
    `"pixel_log_likelihood"`, `(batch, height, width)`, of each pixel given those before it;
    `"codes"`, the places of their colours in the codebook, likewise; and, where mechanisms
    compete, their `"competition"` at each pixel, `(batch, layer, height, width, mechanism)`, in
    the `"layers"`, `(batch, layer)`, counted from 0.
    """
    height, width = model.image_size
    competes = bool(model.mechanism_layers) and model.competition
    decisions = model.decisions_model() if competes else None

    def decided(codes):
        if not competes:
            return {"logits": model(codes, training=False)}
        outputs = decisions(codes, training=False)
        competition = tf.stack(outputs["competition"], axis=1)
        return {"logits": outputs["logits"], "competition": competition}

    def judge(codes, logits):
        pixels = tf.gather(tf.nn.log_softmax(logits), codes, batch_dims=2)
        whole = tf.reduce_sum(pixels, 1)
        bits = -whole / (np.log(2.0).astype("float32") * height * width)
        return pixels, {"log_likelihood": whole, "bits_per_dim": bits}

    def serve(batch):
        codes = encoded(batch["pixels"], model.codebook)
        return judge(codes, model(codes, training=False))[1]

    def explain(batch):
        codes = encoded(batch["pixels"], model.codebook)
        outputs = decided(codes)
        pixels, judgement = judge(codes, outputs["logits"])
        judgement["pixel_log_likelihood"] = tf.reshape(pixels, [-1, height, width])
        judgement["codes"] = tf.reshape(codes, [-1, height, width])
        if competes:
            layers, mechanisms = len(model.mechanism_layers), model.num_mechanisms
            shape = [-1, layers, height, width, mechanisms]
            judgement["competition"] = tf.reshape(outputs["competition"], shape)
            judgement["layers"] = for_all(model.mechanism_layers, codes)
        return judgement

    pixels = [_noise(count, model) for count in EXAMPLES]
    inputs = {"pixels": tf.TensorSpec([None, height, width, 3], tf.uint8, "pixels")}
    examples = inputs, [{"pixels": batch} for batch in pixels]
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *examples),
            "explain": Signature(explain, *examples),
            "network": network_signature(
                model, decided, [encoded(batch, model.codebook) for batch in pixels]
            ),
        },
    )


def encoded(pixels, codebook):
    """`modzoo.applications.images.encode` in TensorFlow, int32 `(pictures, height * width)`."""
    codebook = tf.cast(codebook, tf.float32)
    pixels = tf.reshape(tf.cast(pixels, tf.float32), [-1, math.prod(pixels.shape[1:3]), 3])
    lengths = tf.reduce_sum(codebook**2, -1)
    return tf.argmin(lengths - 2 * tf.tensordot(pixels, codebook, [[2], [1]]), -1, tf.int32)


def _noise(count, model):
    shape = (count, *model.image_size)
    codes = np.random.default_rng(0).integers(0, len(model.codebook), shape)
    return decode(codes, model.codebook)
