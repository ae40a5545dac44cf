"""Pictures generated with the cache: one step of the network for each pixel."""

import numpy as np
from keras import ops

from modzoo.applications.stepping import compiled


def generate(model, num_samples=None, start=None, temperature=1.0, seed=0):
    """Generates pictures, each pixel drawn from what the model says of it given those before.

    What comes out depends on the weights and on `seed` alone, up to rounding: the backends agree,
    and more pictures begin with those that fewer would be.

    Args:
        model: `ImageTransformer`.
        num_samples: Integer, how many pictures. Default: as many as `start` has.
        start: Integers `(pictures, rows, width)`, the codes of the uppermost rows of pictures
            to be completed; one is completed `num_samples` times. Default: nothing.
        temperature: Float, at least 0: by what the logits are divided. 0 takes the most
            probable colour.
        seed: Integer.

    Returns:
        int32 codes `(num_samples, height, width)`; `decode(codes, model.codebook)` are colours.
    """
    height, width = model.image_size
    start = np.zeros((1, 0, width), "int32") if start is None else np.asarray(start, "int32")
    num_samples = len(start) if num_samples is None else num_samples
    if start.ndim != 3 or start.shape[1] >= height or start.shape[2] != width:
        raise ValueError(
            f"`start` must have the shape (pictures, rows, {width}), fewer rows than {height}. "
            f"Received: start.shape={start.shape}."
        )
    if len(start) not in (1, num_samples) or num_samples < 1 or temperature < 0:
        raise ValueError(
            "`num_samples` must be positive, and `start` hold one picture or as many; "
            "`temperature` must be at least 0. Received: "
            f"num_samples={num_samples}, start.shape={start.shape}, temperature={temperature}."
        )
    given = np.broadcast_to(start, (num_samples, *start.shape[1:])).reshape(num_samples, -1)
    noise = gumbel((num_samples, height * width - given.shape[1], len(model.codebook)), seed)
    sampled = _sample(model, given, temperature * noise.swapaxes(0, 1))
    return sampled.reshape(num_samples, height, width)


def gumbel(shape, seed):
    """Gumbel noise, float32: the largest of logits and it is a draw from their softmax."""
    uniform = np.random.default_rng(seed).random(shape)
    return -np.log(-np.log(np.clip(uniform, 1e-12, 1 - 1e-12))).astype("float32")


def _sample(model, given, noise):
    """Codes `(pictures, pixels)` that begin with `given`; `noise`, `(steps, pictures, colors)`,
    is added to the logits."""

    @lambda function: compiled(model, function)
    def step(caches, first, before, noise):
        states, caches, _ = model.encoder(
            model.embedding.embed(before, first),
            self_attention_cache=caches,
            self_attention_cache_update_index=first,
        )
        logits = model.logits(model.norm(states[:, -1:]))[:, 0]
        return ops.cast(ops.argmax(logits + noise, axis=-1), "int32")[:, None], caches

    steps, num_pictures, _ = noise.shape
    start = np.full((num_pictures, 1), len(model.codebook), "int32")
    before = np.concatenate([start, given], axis=1)
    caches = model.encoder.initial_cache(num_pictures, given.shape[1] + steps)
    first, sampled = 0, []
    for row in noise:
        inputs = map(ops.convert_to_tensor, (before, row))
        code, caches = step(caches, _index(first), *inputs)
        first += before.shape[1]
        before = code
        sampled.append(ops.convert_to_numpy(code))
    return np.concatenate([given, *sampled], axis=1)


def _index(number):
    """A tensor, so that the step is traced for all places at once."""
    return ops.convert_to_tensor(number, dtype="int32")
