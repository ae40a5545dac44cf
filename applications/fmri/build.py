"""What a recipe trains, and by what."""

import keras

from modzoo.applications.fmri.model import SeriesClassifier
from modzoo.errors import CallError
from modzoo.training import RouteEntropy, TemperatureSchedule, evaluation_batches

ADVERSARY_WEIGHT = 0.05  # of the loss that tells the tasks apart


def build_model(settings, examples, start=None):
    """The model that a recipe trains, its features scaled after `examples`.

    Args:
        settings: The application's `ModelSettings`.
        examples: `LabelledSeries` of training.
        start: `SeriesClassifier` to train further, which stays as it is scaled.
    """
    time, features = examples.series.shape[1:]
    if start is not None:
        if start.labels != examples.labels:
            raise CallError(
                f"The model to train further is of the tasks {start.labels}, and {examples.source} "
                f"holds {examples.labels}; classes must be the same."
            )
        return start
    if settings.readout == "conditions" and time % settings.num_conditions:
        raise CallError(
            f"--num-conditions must divide the {time} steps of a series, received "
            f"{settings.num_conditions}; or take --readout mean."
        )
    try:
        model = _new_model(settings, examples.labels, time, features)
    except ValueError as error:  # the layers know best what goes together
        raise CallError(str(error)) from error
    model.fit_scaling(examples.series, examples.is_read)
    return model


def _new_model(settings, labels, time, features):
    return SeriesClassifier(
        labels,
        time,
        features,
        units=settings.units,
        sharing_units=settings.sharing_units,
        readout=settings.readout,
        num_conditions=settings.num_conditions,
        components=settings.components,
        dropout=settings.dropout,
        noise=settings.noise,
        **settings.multi_task_options(),
    )


def losses(model):
    """Cross-entropy over the series of each task, `{output: loss}`, and the losses' weights."""
    weights = {name: ADVERSARY_WEIGHT if name == "adversary" else 1.0 for name in model.output}
    loss = {
        name: keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        for name in weights
    }
    return loss, weights


def metrics(model):
    """Accuracy over the series of each task, which `fit` reports as `<task>_accuracy`."""
    # Keras puts the task before the name where there are several.
    several = len(model.output) > 1
    return {
        task: [
            keras.metrics.SparseCategoricalAccuracy("accuracy" if several else f"{task}_accuracy")
        ]
        for task in model.labels
    }


def adam(settings, steps):
    """Adam, whose step falls to a tenth along a cosine.

    Args:
        settings: `FmriTrainingSettings`.
        steps: Integer, steps of an epoch.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate, settings.epochs * steps, alpha=0.1
    )
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, global_clipnorm=1.0)


def callbacks(settings, model, watched, prefix="val_"):
    """The callbacks of a model with routers: one cools them, one records how decided routes are.

    Args:
        settings: `FmriTrainingSettings`.
        model: `SeriesClassifier`.
        watched: `TaskBatches`, whose routes are counted.
        prefix: Of the figures about them.
    """
    found = []
    if model.routes or model.rnn.base == "rrn":
        found.append(TemperatureSchedule(settings.temperature, settings.cooling))
    if model.routes:
        decisions, batches = model.decisions_model(), evaluation_batches(watched)
        found.append(RouteEntropy(decisions, list(model.labels), batches, prefix))
    return found
