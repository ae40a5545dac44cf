"""What the sentiment recipes share: the training, and what can be done with the trained model."""

import sys

import modzoo.applications.sentiment as sentiment

VARIANTS = {"paper": {"units": 256}}
EMBEDDED = {"epochs": 8, "lexicon_cell": "simple_rnn", "word_dropout": 0.5}


def train(config, run, load, style, metrics, example, class_weight=None):
    """Trains a classifier on what `load`, one of the application's loaders, reads.

    Args:
        config: The recipe's settings.
        run: The `Run`.
        load: Function `(data, split, config)` that returns `TextExamples`.
        style: How texts are split into words, `"reviews"` or `"tweets"`.
        metrics: Function of the model that returns the metrics of `compile`; the epoch is
            chosen by the last one.
        example: Text of which `plots/modules.png` shows the modules at work.
        class_weight: Function of the examples for training that returns `class_weight` of `fit`.

    Returns what `metrics.json` holds.
    """
    import keras

    from modzoo.plots import draw_history
    from modzoo.recipes import load_start
    from modzoo.training import epoch_batches, evaluation_batches, prepare, steps_per_epoch

    examples, validation, _ = (  # the test's too: what cannot be read is said before training
        load(run.data, split, config).limit(config.limit) for split in ("train", "validation", None)
    )
    prepare(config)

    model = sentiment.build_classifier(config, examples, style, load_start(run))
    steps = steps_per_epoch(examples, config.batch_size)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate, config.epochs * steps
    )
    measured = metrics(model)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=measured,
        # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
        jit_compile=keras.backend.backend() == "jax",
    )
    epochs_done = run.restore(model)
    model.fit(
        epoch_batches(examples, config.batch_size, config.seed, epochs_done),
        steps_per_epoch=steps,
        initial_epoch=epochs_done,
        epochs=config.epochs,
        validation_data=evaluation_batches(validation)[0],
        shuffle=False,
        class_weight=class_weight and class_weight(examples),
        callbacks=run.callbacks(f"val_{measured[-1].name}", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, example)[1])
    return run.save_metrics(*evaluate(load, best, config, run.data, limit=config.limit))


def evaluate(load, model, config, data, split=None, limit=None):
    """Evaluates on what `load` reads; what a recipe's `evaluate` returns."""
    examples = load(data, split, config).limit(limit)
    metrics = sentiment.evaluate(model, examples, verbose=int(sys.stderr.isatty()))
    return examples.split, len(examples), metrics


def disable(model, modules):
    sentiment.disable(model, modules)


def predict(model, texts):
    return sentiment.predict(model, texts)


def explain(model, text):
    from modzoo.plots import draw_activity

    record = sentiment.explain(model, text)
    probability = record["scores"][record["label"]]
    return record, draw_activity(record, f"{record['label']}, {probability:.2f}")
