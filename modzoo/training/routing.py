"""How decided routes are, epoch by epoch."""

import keras
import numpy as np

from modzoo.training.distribution import readable


class RouteEntropy(keras.callbacks.Callback):
    """Adds to the figures of each epoch how decided the routes of each task are.

    `"<prefix><task>_route_entropy"` is `route_entropy` of what the task reads in its own examples,
    without the noise of training.

    Args:
        model: Model that shares its weights with the one that trains, and returns a dictionary of
            `"decoder_routes"` among others: for each task `(batch, time, layers, modules)`, 1
            where it reads a sub-encoder, else 0, in the order of `tasks`.
        tasks: List of the tasks' names.
        batches: `tf.data.Dataset` of batches of what the model reads, of classes, and of weights,
            `{task: (batch,)}` or `{task: (batch, time)}`, above 0 where an example or a step is of
            the task. It should be small: it is read after each epoch.
        prefix: String, `"val_"` for examples of validation.

    Put it before callbacks that record figures.
    """

    def __init__(self, model, tasks, batches, prefix="val_"):
        super().__init__()
        self.decisions = model
        self.tasks = tasks
        self.batches = batches
        self.prefix = prefix

    def on_epoch_end(self, epoch, logs=None):
        opened = {task: [] for task in self.tasks}
        with readable(self.decisions.variables):
            for features, _, weights in self.batches.as_numpy_iterator():
                routes = self.decisions.predict_on_batch(features)["decoder_routes"]
                routes = list(routes.values()) if isinstance(routes, dict) else routes
                for task, reads in zip(self.tasks, routes, strict=True):
                    is_own = weights[task] > 0
                    # Each device of TensorFlow predicts all.
                    opened[task].append(np.asarray(reads)[: len(is_own)][is_own])
        for task, reads in opened.items():
            reads = [x.reshape(-1, *x.shape[-2:]) for x in reads]
            logs[f"{self.prefix}{task}_route_entropy"] = route_entropy(np.concatenate(reads))


def route_entropy(reads):
    """Bits of a route that is open as often as in these steps, the mean over all routes.

    0 where each is always or never open, at most 1, where each is open half of the time; NaN
    without steps.

    Args:
        reads: Array `(steps, ...)` of 0 and 1.
    """
    if not len(reads):
        return float("nan")
    rates = reads.astype("float64").mean(0)
    both = np.stack([rates, 1 - rates])
    return float(-np.sum(both * np.log2(np.maximum(both, 1e-12)), 0).mean()) + 0.0  # not -0.0
