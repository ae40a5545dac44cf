import keras
import keras_hub
import numpy as np
from keras import ops

from modzoo.layers import MultiTaskRNN
from modzoo.training import FromPreset

SHRINKAGE = 0.5  # added to a component's variance: a share of the mean of all


@keras.saving.register_keras_serializable(package="modzoo")
class SeriesClassifier(FromPreset, keras_hub.models.Backbone):
    """Time series of regions in, logits of the classes of each task out.

    Features are scaled, or whitened, by a map that is fitted to series of training, not trained
    (`fit_scaling`); `MultiTaskRNN` reads them, and one linear head for each task what it says of
    the series, pooled over time. With `base="ns_mtl", sharing="mt_rmn"` it is the paper's mtl-RMN,
    with `sharing="none"` one LSTM a task.

    Args:
        labels: Dictionary from the tasks' names to lists of the names of their classes.
        num_steps: Integer, steps of a series.
        num_features: Integer, features of a step.
        units, base, sharing, num_cells, num_layers, num_modules, sharing_units, routing,
            sparsity_weight, disabled: As `MultiTaskRNN`'s.
        readout: What is pooled: `"conditions"`, the mean at the ends of the conditions; `"mean"`,
            over all steps; `"last"`, the last step, as in the paper. At the last step alone routes
            before it never touch the loss.
        num_conditions: Integer, conditions of equal length.
        components: Integer, principal components of the series' means that features become,
            whitened, and the more shrunk the less they vary. Default: features are scaled to mean 0
            and variance 1.
        dropout: Float in `[0, 1)`, dropout of what the heads read.
        noise: Float, standard deviation of noise on the scaled features in training.
        dtype: Policy of computations and weights.

    Inputs: float `(batch, num_steps, num_features)`.
    Outputs: `{task: float32 logits (batch, classes)}`; with `base="sp_mtl"` also `"adversary"`,
        `(batch, tasks)`, which tells the tasks apart.

    Example:

    >>> model = SeriesClassifier({"left": ["rest", "move"]}, num_steps=28, num_features=10)
    >>> model(np.zeros((1, 28, 10), "float32"))["left"].shape
    (1, 2)

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(
        self,
        labels,
        num_steps,
        num_features,
        units=16,
        base="ns_mtl",
        sharing="mt_rmn",
        num_cells=3,
        num_layers=3,
        num_modules=3,
        sharing_units=None,
        readout="conditions",
        num_conditions=7,
        components=None,
        dropout=0.0,
        noise=0.0,
        routing="learned",
        sparsity_weight=0.01,
        disabled=(),
        dtype=None,
        **kwargs,
    ):
        if readout == "conditions" and num_steps % num_conditions:
            raise ValueError(
                "A series must be divisible into `num_conditions`. Received: "
                f"num_steps={num_steps}, num_conditions={num_conditions}."
            )
        if readout not in ("conditions", "mean", "last"):
            raise ValueError(f"There is no such `readout`. Received: readout={readout!r}.")
        if base == "sp_mtl" and "adversary" in labels:
            raise ValueError(f"No task may be called 'adversary'. Received: tasks {list(labels)}.")
        # === Layers ===
        self.scaling = keras.layers.Dense(
            components or num_features, trainable=False, dtype="float32", name="scaling"
        )
        self.noise_layer = keras.layers.GaussianNoise(noise, dtype=dtype, name="noise")
        self.rnn = MultiTaskRNN(
            len(labels),
            units,
            base=base,
            sharing=sharing,
            num_cells=num_cells,
            num_layers=num_layers,
            num_modules=num_modules,
            sharing_units=sharing_units,
            routing=routing,
            sparsity_weight=sparsity_weight,
            disabled=disabled,
            return_decisions=True,
            dtype=dtype,
            name="rnn",
        )
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")
        self.logit_layers = [
            keras.layers.Dense(len(names), dtype="float32", name=f"{task}_logits")
            for task, names in labels.items()
        ]

        # === Functional model ===
        series = keras.Input((num_steps, num_features), name="series")
        states, decisions = self.rnn(self.noise_layer(self.scaling(series)))
        every = {"conditions": num_steps // num_conditions, "mean": 1, "last": num_steps}[readout]
        logits = {}
        for task, layer, state in zip(labels, self.logit_layers, states, strict=True):
            logits[task] = layer(self.dropout_layer(ops.mean(state[:, every - 1 :: every], axis=1)))
        if base == "sp_mtl":
            logits["adversary"] = ops.cast(decisions["task_logits"], "float32")
        super().__init__(inputs=series, outputs=logits, dtype=dtype, **kwargs)

        # === Config ===
        self.labels = {task: list(names) for task, names in labels.items()}
        self.num_steps = num_steps
        self.num_features = num_features
        self.readout = readout
        self.num_conditions = num_conditions
        self.components = components
        self.dropout = dropout
        self.noise = noise
        self._decisions = dict(decisions)

    @property
    def has_adversary(self):
        return self.rnn.base == "sp_mtl"

    @property
    def routes(self):
        """Whether tasks choose what they read."""
        return "decoder_routes" in self._decisions

    def fit_scaling(self, series, is_read=None):
        """Fits the map that scales or whitens features to series of training.

        Args:
            series: Array `(examples, num_steps, num_features)`.
            is_read: Booleans `(num_features,)`, the features that count. Default: all.
        """
        is_read = np.ones(self.num_features, bool) if is_read is None else is_read
        series = series[..., is_read].astype("float64")
        kernel = np.zeros((self.num_features, self.components or self.num_features))
        if self.components is None:
            mean, deviation = series.mean((0, 1)), series.std((0, 1))
            changes = deviation > 1e-6 * np.abs(series).max((0, 1))
            scales = np.where(changes, 1 / np.where(changes, deviation, 1), 0)
            kernel[is_read, is_read] = scales
        else:
            means = series.mean(1)
            mean = means.mean(0)
            _, spread, directions = np.linalg.svd(means - mean, full_matrices=False)
            directions = directions[spread > 1e-3 * spread[0]][: self.components]
            variances = spread[: len(directions)] ** 2 / len(means)
            shrunk = variances + SHRINKAGE * (spread**2).mean() / len(means)
            kernel[is_read, : len(directions)] = directions.T / np.sqrt(shrunk)
        bias = -mean @ kernel[is_read]
        self.scaling.set_weights([kernel, bias])

    def decisions_model(self):
        """A model of the same weights that returns `{"logits": {task: ...}}` and what
        `MultiTaskRNN` decided, by name."""
        logits = {task: self.output[task] for task in self.labels}
        decisions = {
            name: list(x) if isinstance(x, (list, tuple)) else x
            for name, x in self._decisions.items()
        }
        return keras.Model(self.input, {"logits": logits, **decisions})

    def get_config(self):
        rnn = self.rnn
        return {
            **super().get_config(),
            "labels": self.labels,
            "num_steps": self.num_steps,
            "num_features": self.num_features,
            "units": rnn.units,
            "base": rnn.base,
            "sharing": rnn.sharing,
            "num_cells": rnn.num_cells,
            "num_layers": rnn.num_layers,
            "num_modules": rnn.num_modules,
            "sharing_units": rnn.sharing_units,
            "readout": self.readout,
            "num_conditions": self.num_conditions,
            "components": self.components,
            "dropout": self.dropout,
            "noise": self.noise,
            "routing": rnn.routing,
            "sparsity_weight": rnn.sparsity_weight,
            "disabled": [list(place) for place in rnn.disabled],
        }
