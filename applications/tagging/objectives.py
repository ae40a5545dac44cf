"""Losses and metrics of a tagger's tasks, weighted so that padding does not count."""

from dataclasses import replace

import keras

from modzoo.training import RouteEntropy, TemperatureSchedule, evaluation_batches

MAX_WATCHED = 384  # sentences of which routes are counted after each epoch


def tag_losses(tasks):
    """Cross-entropy over the words of each task; Keras adds the tasks up."""
    return {
        task: keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        for task in tasks
    }


def tag_metrics(tasks):
    """Accuracy over the words of each task, which `fit` reports as `<task>_accuracy`."""
    # Keras puts the task before the name where there are several.
    names = ["accuracy" if len(tasks) > 1 else f"{task}_accuracy" for task in tasks]
    return {
        task: [keras.metrics.SparseCategoricalAccuracy(name=name)]
        for task, name in zip(tasks, names, strict=True)
    }


def routing_callbacks(settings, model, watched):
    """The callbacks of a model with routes: one cools them, one records how decided they are.

    Args:
        settings: `CoolingSettings`.
        model: `Tagger`.
        watched: `LabelledSentences` of validation.
    """
    if "decoder_routes" not in model.backbone.output:
        return []
    watched = replace(watched, sentences=watched.sentences.limit(MAX_WATCHED))
    batches = evaluation_batches(watched).map(
        lambda words, *labels: (model.preprocessor.features(words), *labels)
    )
    decisions = model.decisions_model("decoder_routes")
    return [
        TemperatureSchedule(settings.temperature, settings.cooling),
        RouteEntropy(decisions, model.tasks, batches),
    ]
