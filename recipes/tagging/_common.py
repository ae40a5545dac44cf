"""What the tagging recipes share: the training, and what can be done with the trained model."""

import sys

import modzoo.applications.tagging as tagging

UNMAPPED = {
    "not_known": "tags the model does not know, counted as wrong",
    "not_in_data": "tags of the model that these sentences are not annotated with, taken as O",
}


def fit(config, run, model, train, validation):
    """Trains a tagger, and returns the best one by the sum of the tasks' validation accuracies.

    Args:
        config: The recipe's settings.
        run: The `Run`.
        model: `Tagger`.
        train: `TaggedSentences`, likewise `validation`.
    """
    import keras

    from modzoo.training import (
        steps_per_epoch,
        tagged_epoch_batches,
        tagged_evaluation_batches,
    )

    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate, clipnorm=5.0),
        loss=tagging.tag_losses(model.tasks),
        weighted_metrics=tagging.tag_metrics(model.tasks),
        # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
        jit_compile=keras.backend.backend() == "jax",
    )
    epochs_done = run.restore(model)
    model.fit(
        tagged_epoch_batches(train, model.labels, config.batch_size, config.seed, epochs_done),
        steps_per_epoch=steps_per_epoch(train, config.batch_size),
        initial_epoch=epochs_done,
        epochs=config.epochs,
        validation_data=tagged_evaluation_batches(validation, model.labels)[0],
        shuffle=False,
        callbacks=run.callbacks([f"val_{task}_accuracy" for task in model.tasks], config.patience),
        verbose=run.verbose,
    )
    return run.load_model()


def evaluate(model, sentences):
    """What a recipe's `evaluate` returns, of these sentences."""
    metrics, unmapped = tagging.evaluate(model, sentences)
    for task, missing in unmapped.items():
        for name, tags in missing.items():
            print(f"{task}: {UNMAPPED[name]}: {', '.join(tags)}", file=sys.stderr)
    notes = {"unmapped": unmapped} if unmapped else {}
    return sentences.split, len(sentences), metrics, notes


def save_metrics(run, config, train, figures):
    """Writes a training's figures, and the share of padding among its words."""
    from modzoo.training import padded_share

    *most, notes = figures
    share = padded_share(train, config.batch_size, config.seed)
    return run.save_metrics(*most, {**notes, "padded": round(share, 4)})


def disable(model, units):
    tagging.disable(model, units)


def predict(model, texts):
    return tagging.predict(model, texts)


def explain(model, text):
    from modzoo.plots import draw_gates

    record = tagging.explain(model, text)
    return record, draw_gates(record)


def save_plots(run, model, sentences, example):
    """The pictures of a run, and what they show as `inspection.json`."""
    from modzoo.files import write_json
    from modzoo.plots import (
        draw_confusion,
        draw_gate_correlation,
        draw_history,
        draw_probes,
    )

    run.save_plot("history", draw_history(run.history()))
    run.save_plot("gates", explain(model, example)[1])
    record = tagging.inspect(model, sentences)
    write_json(run.path / "inspection.json", record)
    for task, confusion in record["confusion"].items():
        run.save_plot(f"confusion_{task}", draw_confusion(task, confusion))
    for task, probes in record["probes"].items():
        run.save_plot(f"probes_{task}", draw_probes(task, probes))
    for pair, correlation in record["correlation"].items():
        name = "correlation_" + pair.replace(", ", "_")
        run.save_plot(name, draw_gate_correlation(pair, correlation))
