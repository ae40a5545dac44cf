"""Losses and metrics of a tagger's tasks, weighted so that padding does not count."""

import keras

from modzoo.training import TemperatureSchedule


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


def routing_callbacks(model, temperature, cooling):
    """The callback that cools the routers of a model that has some, epoch by epoch."""
    has_routes = "decoder_routes" in model.backbone.output
    return [TemperatureSchedule(temperature, cooling)] if has_routes else []
