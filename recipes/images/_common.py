"""What the image recipes share: the training, and what can be done with the trained model."""

import math
from dataclasses import dataclass

import modzoo.applications.images as images
from modzoo.errors import CallError
from modzoo.training.settings import flag

PAPER = {"side": 32, "colors": 512, "epochs": 30, "batch_size": 24}
VARIANTS = {
    "baseline": {"width": 76, "heads": 4, "mechanisms": 1},
    "paper": {**PAPER, "width": 200, "heads": 10},
    "paper_baseline": {**PAPER, "width": 184, "heads": 8, "mechanisms": 1},
}
WATCHED = 64  # pictures on which the competition is measured after each epoch


@dataclass(frozen=True)
class Drawing:
    """How `modzoo predict` draws: the values of its flags, where they are not given."""

    num_samples: int = 16
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self):
        for name, least in (("num_samples", 1), ("temperature", 0), ("seed", 0)):
            value = getattr(self, name)
            if not (value >= least and math.isfinite(value)):
                raise CallError(f"{flag(name)} must be a number from {least} on, received {value}.")


def train(config, run, load, sides):
    """Trains a model on what `load` reads.

    Args:
        config: The recipe's settings.
        run: The `Run`.
        load: Function `(data, split)` that returns a list of `Pictures`, one for each side.
        sides: The names of the sides.

    Returns what `metrics.json` holds.
    """
    import keras

    from modzoo.applications.images.inspection import SidesRecorder, named_shares
    from modzoo.recipes import load_start
    from modzoo.training import BitsPerDim, prepare, steps_per_epoch

    splits = ("train", "validation", "test")  # what cannot be read is said before training
    pictures = {split: _limited(load(run.data, split), config.limit) for split in splits}
    prepare(config)

    model = load_start(run) or images.build_model(config, pictures["train"])
    examples, validation = (
        images.code(pictures[split], config.side, model.codebook) for split in splits[:2]
    )
    if model.image_size != examples.size:
        raise CallError(
            f"--from {run.start} draws {model.image_size[0]} x {model.image_size[1]} pixels, "
            f"and the pictures are of {examples.size[0]} x {examples.size[1]}."
        )
    steps = steps_per_epoch(examples, config.batch_size)
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(  # minGPT's schedule
                0.0,
                max(1, (config.epochs - 1) * steps),
                alpha=0.1,
                warmup_target=config.learning_rate,
                warmup_steps=steps,
            ),
            beta_2=0.95,
            global_clipnorm=1.0,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[BitsPerDim()],
        # On TensorFlow a step takes as long without, and begins a minute sooner.
        jit_compile=keras.backend.backend() == "jax",
    )
    watched = validation.limit(WATCHED).in_order()
    has_sides = len(sides) > 1 and bool(model.mechanism_layers) and model.competition
    before = named_shares(model, watched, len(sides)) if has_sides else {}
    epochs_done = run.restore(model)
    model.fit(
        images.picture_batches(examples, config.batch_size, config.seed, epochs_done),
        steps_per_epoch=steps,
        initial_epoch=epochs_done,
        epochs=config.epochs,
        validation_data=images.picture_evaluation_batches(validation),
        shuffle=False,
        callbacks=[
            *([SidesRecorder(watched, len(sides))] if has_sides else []),
            *run.callbacks("val_bits_per_dim", config.patience, mode="min"),
        ],
        verbose=run.verbose,
    )
    best = run.load_model()
    save_plots(run, best, sides, before)
    tested = images.code(pictures["test"], config.side, best.codebook)
    notes = {"before_training": before} if before else {}
    return run.save_metrics("test", len(tested), images.evaluate(best, tested, sides), notes)


def save_plots(run, model, sides, before):
    """The pictures of a run; `before`: how the sides were told apart before it."""
    from modzoo.plots import draw_history, draw_sides

    rows = run.history()
    figures = [{k: v for k, v in row.items() if k not in before} for row in rows]
    run.save_plot("history", draw_history(figures))
    if before:
        run.save_plot("sides", draw_sides([{"epoch": -1, **before}, *rows], list(before)))
    if model.mechanism_layers and model.competition:
        run.save_plot("competition", explain(model, None, sides)[1])
    predict(model, (), Drawing(), run.path / "plots" / "samples.png")


def evaluate(load, model, config, data, sides, split=None, limit=None):
    """Evaluates on what `load` reads; what a recipe's `evaluate` returns."""
    pictures = _limited(load(data, split), limit)
    coded = images.code(pictures, config.side, model.codebook)
    return coded.split, len(coded), images.evaluate(model, coded, sides)


def disable(model, mechanisms):
    images.disable(model, mechanisms)


def predict(model, paths, drawing, out):
    """Draws pictures to the file `out`, completions of a file in one row behind it."""
    from modzoo.data.picture_files import save_pictures

    records, pixels = images.predict(
        model, paths, drawing.num_samples, drawing.temperature, drawing.seed
    )
    columns = drawing.num_samples + 1 if paths else None
    save_pictures(pixels, out, columns)
    return records


def explain(model, path, sides):
    from modzoo.plots import draw_competition

    record = images.explain(model, path, sides=sides)
    return record, draw_competition(record)


def _limited(pictures, limit):
    return [part.limit(limit) for part in pictures]
