"""What `test_distribution.py` runs in processes of their own, on several devices of a CPU.

    KERAS_BACKEND=jax python -m tests.training.distributed TASK NUM_DEVICES [ARGUMENTS]

The last line it prints is its result, as JSON.
"""

import contextlib
import functools
import json
import os
import sys
from dataclasses import dataclass

import numpy as np

import tests.conftest  # noqa: F401  the compilation cache
from modzoo import training
from modzoo.applications import load_application
from modzoo.errors import CallError
from modzoo.training import BaseModelSettings, Run, TrainingSettings, setting
from modzoo.training.distribution import is_first_process, make_distribution
from modzoo.training.environment import running_backend

EXAMPLES, LAYOUT = 20, {"hidden/kernel": (None, "model"), "hidden/bias": ("model",)}


@dataclass(frozen=True)
class Settings(BaseModelSettings, TrainingSettings):
    epochs: int = setting(2, "epochs")
    batch_size: int = setting(8, "examples a step")


class Points:
    """Points of two classes: a container as `modzoo.training.batches` says."""

    lengths = None

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(EXAMPLES, 6)).astype("float32")
        self.y = rng.integers(0, 2, EXAMPLES)

    def __len__(self):
        return EXAMPLES

    def shuffled(self, rng):
        return rng.permutation(EXAMPLES)

    def gather(self, indices):
        import tensorflow as tf

        return tf.gather(self.x, indices), tf.gather(self.y, indices)


def train(folder, kind, resume=False):
    """Trains a small model as a recipe does, with gradients that are clipped; gives the run."""
    import keras

    distribution = make_distribution(kind, LAYOUT)
    if resume:
        run = Run.resume(folder, "x/y", Settings, {})
    else:
        run = Run.begin(folder, "x/y", Settings())
    with contextlib.closing(run), training.prepared(run.settings, distribution):
        model = keras.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Dense(8, "relu", name="hidden"),
                keras.layers.Dense(2, name="logits"),
            ]
        )
        model.compile(
            keras.optimizers.Adam(0.1, clipnorm=0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        done = run.restore(model)
        model.fit(
            training.train_batches(Points(0), 8, 0, done),
            steps_per_epoch=training.steps_per_epoch(Points(0), 8),
            validation_data=training.evaluation_batches(Points(1), 16),
            **run.fit_options(done, "val_accuracy"),
        )
    return run


def devices(number):
    """Makes a CPU so many devices."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={number}"
    if running_backend() == "tensorflow":
        import tensorflow as tf

        (cpu,) = tf.config.list_physical_devices("CPU")
        logical = [tf.config.LogicalDeviceConfiguration()] * number
        tf.config.set_logical_device_configuration(cpu, logical)


def curves(folder, *kinds):
    """`{kind: rows of the history}` of the same training."""
    return {kind: train(f"{folder}/{kind}", kind).history() for kind in kinds}


def begin(folder, kind):
    """One of several processes; it is gone after the first epoch."""
    from modzoo.training.recorder import Recorder

    ending = Recorder.on_epoch_end

    def end(self, epoch, logs=None):
        ending(self, epoch, logs)
        os._exit(0)

    Recorder.on_epoch_end = end
    train(folder, kind)


def go_on(folder, kind):
    """One of several processes goes on with the run: what it reads there, and whether it writes."""
    run = train(folder, kind, resume=True)
    model = run.load_model()
    return {
        "history": run.history(),
        "first": is_first_process(),
        "weights": [float(np.abs(w).sum()) for w in model.get_weights()],
    }


def rim():
    """Differences of a RIM's loss and gradients from those on one device, `{kind: largest}`."""
    import jax

    from modzoo.layers import RIM
    from modzoo.layers.rim_fused import with_jax
    from tests.backends import _jit

    layer = RIM(3, 8, num_active=2, num_heads=2, return_sequences=True, name="rim")
    rng = np.random.default_rng(0)
    x, weights = (rng.normal(size=(16, 5, n)).astype("float32") for n in (6, 24))
    layer.build(x.shape)
    variables, others = layer.trainable_variables, [v.value for v in layer.non_trainable_variables]
    calls, recurrence = [], with_jax.recurrence
    with_jax.recurrence = lambda *args: calls.append(0) or recurrence(*args)

    def loss(values, x):
        return (layer.stateless_call(values, others, x)[0] * weights).sum()

    def results(values, x):
        return jax.tree.leaves(_jit(jax.value_and_grad(loss, (0, 1)))(values, x))

    expected = results([v.value for v in variables], x)
    differences = {}
    for kind in ("data", "model"):
        distribution = make_distribution(kind, load_application("sentiment").LAYOUT)
        layouts = [distribution.get_variable_layout(v).backend_layout for v in variables]
        values = [jax.device_put(v.value, y) for v, y in zip(variables, layouts, strict=True)]
        shared = jax.device_put(x, distribution.get_data_layout(x.shape).backend_layout)
        found = results(values, shared)
        pairs = [map(np.asarray, pair) for pair in zip(found, expected, strict=True)]
        differences[kind] = max(float(np.abs(a - b).max()) for a, b in pairs)
        split = sum(not value.is_fully_replicated for value in values)
        differences[f"{kind}, weights split"] = split
    return {**differences, "by hand": len(calls)}


def layouts():
    """`{application: {path: [shape, axes, shape on a device]}}` of the weights of a preset, or of
    a new model where there is none."""
    import modzoo

    presets = (
        "decomposition_clinc",
        "fmri_haxby",
        "images_mnist_cifar",
        "sentiment_sst2",
        "tagging_pos_ner",
    )
    models = {name.split("_")[0]: functools.partial(modzoo.load, name) for name in presets}
    models["speech"] = load_application("speech").SpeechEnhancer
    sources = ("token", "drugs", "diseases")
    models["health"] = functools.partial(load_application("health").HealthBackbone, 64, sources)
    models["pretraining"] = functools.partial(masked_lm, vocabulary_size=64, width=16, num_heads=4)
    found = {}
    for name, model in models.items():
        with make_distribution("model", load_application(name).LAYOUT).scope():
            weights = {v.path: v.value for v in model().weights}
        found[name] = {
            path: [x.shape, list(x.sharding.spec), x.addressable_shards[0].data.shape]
            for path, x in weights.items()
        }
    return found


def masked_lm(**sizes):
    """A new masked language model."""
    pretraining = load_application("pretraining")
    settings = pretraining.ModelSettings(**sizes)
    backbone = pretraining.build_backbone(settings, settings.vocabulary_size)
    return pretraining.TIMBertMaskedLM(backbone)


def paper(variant, batch_size=8, length=16):
    """Of a training step of a masked language model of a paper's size, its weights split: the
    loss, the parameters and the most memory it took, in gigabytes."""
    import resource

    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    settings = load_application("pretraining").VARIANTS[variant]
    layout = load_application("pretraining").LAYOUT
    with make_distribution("model", layout).scope():
        model = masked_lm(**settings)
        model.compile("adam", loss, weighted_metrics=[], jit_compile=True)
        ids = np.random.default_rng(0).integers(5, 1000, (batch_size, length)).astype("int32")
        places = np.tile(np.arange(2, dtype="int32"), (batch_size, 1))
        features = {"token_ids": ids, "padding_mask": ids > 0, "mask_positions": places}
        value = model.train_on_batch(features, ids[:, :2])
    return {
        "loss": float(value),
        "parameters": model.backbone.count_params(),
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def recipe(folder, name, kinds, *flags):
    """`{kind: rows of the history}` of the same training of a recipe."""
    from modzoo import cli

    for kind in kinds.split(","):
        args = ["train", name, "--out", f"{folder}/{kind}", "--distribute", kind, *flags]
        with contextlib.suppress(SystemExit):
            cli.main([*args, "--epochs", "2"])
    return {kind: Run(f"{folder}/{kind}", name, None).history() for kind in kinds.split(",")}


def refused():
    """What is said where the environment does not say how to join the others."""
    os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"] = "two"
    try:
        make_distribution("data", {})
    except CallError as error:
        return str(error)


TASKS = {f.__name__: f for f in (curves, begin, go_on, rim, layouts, paper, recipe, refused)}

if __name__ == "__main__":
    task, number, *arguments = sys.argv[1:]
    devices(int(number))
    result = TASKS[task](*arguments)
    print(json.dumps(result))
