"""What a trained model makes of pictures, and which mechanism made it."""

import os

import numpy as np

from modzoo.applications.images.codebook import decode, encode, read_picture
from modzoo.applications.images.generation import generate
from modzoo.applications.images.inspection import between_sides, competition, named_shares
from modzoo.errors import CallError


def disable(model, names):
    """Switches off mechanisms, in a model that has not been called yet.

    Args:
        model: `ImageTransformer`.
        names: List of mechanisms, `"1"`, in every layer that has some, or `"3:1"`, in layer 3.
    """
    layers = model.mechanism_layers
    if not layers:
        raise CallError("The model is an ordinary Transformer: it has no mechanisms to disable.")
    switched = []
    for name in names:
        layer, colon, mechanism = name.rpartition(":")
        known = mechanism.isdecimal() and int(mechanism) < model.num_mechanisms
        if not known or (colon and (not layer.isdecimal() or int(layer) not in layers)):
            have = ", ".join(map(str, layers))
            raise CallError(
                f"The model has no mechanism {name!r} to disable; name one from 0 to "
                f"{model.num_mechanisms - 1}, or LAYER:MECHANISM with a layer of: {have}."
            )
        switched.append((int(layer), int(mechanism)) if colon else int(mechanism))
    try:
        model.encoder.disabled = switched
    except ValueError as error:
        raise CallError("Not all mechanisms of a layer can be disabled.") from error


def bits_per_dim(model, codes, batch_size=32):
    """What each pixel costs, in bits: `-log2` of the probability that the model gives it.

    Args:
        model: `ImageTransformer`.
        codes: Integers `(pictures, height, width)`.

    Returns:
        Float64 `(pictures, height, width)`.
    """
    bits = []
    for start in range(0, len(codes), batch_size):
        flat = codes[start : start + batch_size].reshape(-1, codes.shape[1] * codes.shape[2])
        logits = np.asarray(model.predict_on_batch(flat), "float64")
        highest = logits.max(-1, keepdims=True)
        total = np.log(np.exp(logits - highest).sum(-1)) + highest[..., 0]
        chosen = np.take_along_axis(logits, flat[..., None], axis=-1)[..., 0]
        bits.append((total - chosen) / np.log(2))
    return np.concatenate(bits).reshape(codes.shape)


def evaluate(model, pictures, names):
    """Figures on coded pictures.

    Args:
        model: `ImageTransformer`.
        pictures: `CodedPictures`.
        names: Names of their sides.

    Returns:
        `{metric: value}`: `bits_per_dim`, bits a pixel's colour code; and, if there are several
        sides, `<side>_bits_per_dim` and `between_sides_<layer>`.
    """
    codes = pictures.in_order()
    if codes.shape[1:] != model.image_size:
        raise CallError(
            f"The model draws {model.image_size[0]} x {model.image_size[1]} pixels, and the "
            f"pictures are of {codes.shape[1]} x {codes.shape[2]}."
        )
    bits = bits_per_dim(model, codes)
    metrics = {"bits_per_dim": float(bits.mean())}
    if len(names) > 1:
        for name, part in zip(names, np.split(bits, len(names), axis=2), strict=True):
            metrics[f"{name}_bits_per_dim"] = float(part.mean())
        metrics |= named_shares(model, codes, len(names))
    return metrics


def predict(model, paths, num_samples, temperature, seed):
    """Draws pictures, or the lower halves of those in files anew.

    Args:
        model: `ImageTransformer`.
        paths: Files of pictures. If there is one, each is followed by `num_samples` that begin
            with its upper half.
        num_samples: Integer.
        temperature: Float, as `generate`'s.
        seed: Integer.

    Returns:
        List of dictionaries, one a picture: `"input"`, the file or None; `"bits_per_dim"`, what
        the model itself takes a pixel of it to cost; and `"is_drawn"`, false of a file's own
        picture. And the pictures, uint8 `(pictures, height, width, 3)`, in the same order.
    """
    height, width = model.image_size
    if not paths:
        codes = generate(model, num_samples, None, temperature, seed)
        origins = [(None, True)] * num_samples
    else:
        given = np.stack([read_picture(path, height, width) for path in paths])
        rows = encode(given, model.codebook)
        starts = np.repeat(rows[:, : height // 2], num_samples, axis=0)
        drawn = generate(model, None, starts, temperature, seed)
        drawn = drawn.reshape(len(paths), num_samples, height, width)
        codes = np.concatenate([rows[:, None], drawn], axis=1).reshape(-1, height, width)
        origins = [(path, i > 0) for path in paths for i in range(num_samples + 1)]
    costs = bits_per_dim(model, codes).mean(axis=(1, 2))
    records = [
        {"input": _shown(path), "is_drawn": is_drawn, "bits_per_dim": float(cost)}
        for (path, is_drawn), cost in zip(origins, costs, strict=True)
    ]
    return records, decode(codes, model.codebook)


def explain(model, path=None, num_samples=6, sides=("picture",), seed=0):
    """Which mechanism drew which pixel.

    Args:
        model: `ImageTransformer`.
        path: File of a picture. Default: `num_samples` that the model draws.
        num_samples: Integer.
        sides: Names of what stands side by side.
        seed: Integer, of the drawing.

    Returns a dictionary: `"input"`; `"sides"`; `"layers"`, those of competing mechanisms;
    `"pictures"`, colours `[picture][row][column]` of `[red, green, blue]`; `"competition"`,
    `[layer][picture][row][column][mechanism]`; and with several sides `"between_sides"`, for
    each layer the share of the competition's variance that is between them.
    """
    if not model.mechanism_layers or not model.competition:
        raise CallError("The model has no mechanisms that compete: there is nothing to explain.")
    if path is None:
        codes = generate(model, num_samples, seed=seed)
    else:
        codes = encode(read_picture(path, *model.image_size), model.codebook)[None]
    c = competition(model, codes)
    record = {
        "input": _shown(path),
        "sides": list(sides),
        "layers": model.mechanism_layers,
        "pictures": decode(codes, model.codebook).tolist(),
        "competition": np.round(c.astype("float64"), 4).tolist(),
    }
    if len(sides) > 1:
        record["between_sides"] = between_sides(c, len(sides)).round(4).tolist()
    return record


def _shown(path):
    """A path as text: the names of files need not be UTF-8."""
    return None if path is None else os.fsencode(path).decode("utf-8", "replace")
