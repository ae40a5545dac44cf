"""What a trained model makes of pictures, and which mechanism made it."""

import numpy as np

from modzoo.applications.images.codebook import decode, encode
from modzoo.applications.images.data import EncodedPictures, encode_pictures
from modzoo.applications.images.generation import generate
from modzoo.applications.images.inspection import between_sides, competition, named_shares
from modzoo.applications.images.settings import Options
from modzoo.applications.interface import Predictions, printable
from modzoo.data.picture_files import read_picture, save_pictures
from modzoo.errors import CallError
from modzoo.training import BitsPerDim, Evaluation, evaluation_batches

NUM_SAMPLES, NUM_EXPLAINED = 16, 6


def evaluate(model, pictures):
    """Figures on labelled pictures.

    Args:
        model: `ImageTransformer`.
        pictures: `SideBySide`, or `EncodedPictures` of the model's codes.

    Returns:
        `Evaluation` with `bits_per_dim`, bits a pixel's colour code; and, if the model has
        several sides, `<side>_bits_per_dim` and `between_sides_<layer>`.
    """
    if not isinstance(pictures, EncodedPictures):
        pictures = encode_pictures(pictures, model.codebook, model.image_size[0])
    if pictures.size != model.image_size:
        raise CallError(
            f"The model is of {model.image_size[0]} x {model.image_size[1]} pixels, and the "
            f"pictures are of {pictures.size[0]} x {pictures.size[1]}."
        )
    several = model.sides if len(model.sides) > 1 else []
    whole, of_sides = BitsPerDim(), {side: BitsPerDim() for side in several}
    for codes, _ in evaluation_batches(pictures, 32).as_numpy_iterator():
        logits = np.asarray(model.predict_on_batch(codes))
        whole.update_state(codes, logits)
        codes, logits = (x.reshape(-1, *model.image_size, *x.shape[2:]) for x in (codes, logits))
        columns = (np.split(x, len(model.sides), axis=2) for x in (codes, logits))
        for metric, side_codes, side_logits in zip(of_sides.values(), *columns, strict=False):
            metric.update_state(side_codes, side_logits)
    metrics = {"bits_per_dim": float(whole.result())}
    metrics |= {f"{side}_bits_per_dim": float(m.result()) for side, m in of_sides.items()}
    if several:
        metrics |= named_shares(model, pictures.in_order())
    return Evaluation(pictures.split, len(pictures), metrics)


def predict(model, paths, options=Options()):
    """Generates pictures, or the lower halves of those in files anew.

    Args:
        model: `ImageTransformer`.
        paths: Files of pictures. If there is one, each is followed by `options.num_samples` that
            begin with its upper half.
        options: `Options`.

    Returns:
        `Predictions`, whose records, one a picture, have `"input"`, the file or None;
        `"bits_per_dim"`, what the model itself takes a pixel of it to cost; and
        `"is_generated"`, false of a file's own picture. `save` writes the pictures to a PNG, in
        the same order.
    """
    options = options.samples(NUM_SAMPLES)
    codes, origins = _generated(model, paths, options)
    columns = options.num_samples + 1 if paths else None
    records = [
        {
            "input": printable(path),
            "is_generated": is_generated,
            "bits_per_dim": _cost(model, picture),
        }
        for (path, is_generated), picture in zip(origins, codes, strict=True)
    ]
    lines = [
        f"{'generated' if record['is_generated'] else 'given'}  "
        f"{record['bits_per_dim']:.3f} bits per dimension  {record['input'] or ''}".rstrip()
        for record in records
    ]
    pixels = decode(codes, model.codebook)
    return Predictions(records, lines, lambda out: save_pictures(pixels, out, columns))


def _generated(model, paths, options):
    """Codes of pictures, and of each its file and whether it was generated."""
    height, width = model.image_size
    count, how = options.num_samples, (options.temperature, options.seed)
    if not paths:
        return generate(model, count, None, *how), [(None, True)] * count
    rows = encode(np.stack([read_picture(path, height, width) for path in paths]), model.codebook)
    starts = np.repeat(rows[:, : height // 2], count, axis=0)
    completed = generate(model, None, starts, *how).reshape(len(paths), count, height, width)
    codes = np.concatenate([rows[:, None], completed], axis=1).reshape(-1, height, width)
    return codes, [(path, i > 0) for path in paths for i in range(count + 1)]


def _cost(model, codes):
    """Bits per dimension of one picture."""
    metric, codes = BitsPerDim(), codes.reshape(1, -1)
    metric.update_state(codes, np.asarray(model.predict_on_batch(codes)))
    return float(metric.result())


def explain(model, path=None, options=Options()):
    """Which mechanism made which pixel.

    Args:
        model: `ImageTransformer`.
        path: File of a picture. Default: `options.num_samples` that the model generates.
        options: `Options`.

    Returns a dictionary: `"input"`; `"sides"`; `"layers"`, those of competing mechanisms;
    `"pictures"`, colours `[picture][row][column]` of `[red, green, blue]`; `"competition"`,
    `[layer][picture][row][column][mechanism]`; and with several sides `"between_sides"`, for
    each layer the share of the competition's variance that is between them.
    """
    if not model.mechanism_layers or not model.competition:
        raise CallError("The model has no mechanisms that compete: there is nothing to explain.")
    if path is None:
        options = options.samples(NUM_EXPLAINED)
        codes = generate(
            model, options.num_samples, temperature=options.temperature, seed=options.seed
        )
    else:
        codes = encode(read_picture(path, *model.image_size), model.codebook)[None]
    c = competition(model, codes)
    record = {
        "input": printable(path),
        "sides": model.sides,
        "layers": model.mechanism_layers,
        "pictures": decode(codes, model.codebook).tolist(),
        "competition": np.round(c.astype("float64"), 4).tolist(),
    }
    if len(model.sides) > 1:
        record["between_sides"] = between_sides(c, len(model.sides)).round(4).tolist()
    return record


def draw(record):
    """The picture of what `explain` returned."""
    from modzoo.plots import draw_competition

    return draw_competition(record)


def save_plots(run, model, before=()):
    """The pictures of a run; `before`: how the sides were told apart before it."""
    from modzoo.plots import draw_history, draw_sides

    rows = run.history()
    run.save_plot("history", draw_history([_without(row, before) for row in rows]))
    if before:
        run.save_plot("sides", draw_sides([{"epoch": -1, **before}, *rows], list(before)))
    if model.mechanism_layers and model.competition:
        run.save_plot("competition", draw(explain(model)))
    predict(model, ()).save(run.path / "plots" / "samples.png")


def _without(row, names):
    return {name: value for name, value in row.items() if name not in names}
