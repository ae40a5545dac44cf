"""Servables to test on, each written once in a process."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

import modzoo
from modzoo.serving.warmup import Request, write_requests


@functools.cache
def preset(name):
    """What `modzoo.export` returned of a preset."""
    return modzoo.export(name, tempfile.mkdtemp(prefix="modzoo-tests-"))


def write_small(folder, function=None, shape=(None,), answer=None):
    """Writes a SavedModel with warm-up that doubles numbers, or does what `function` says."""

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, "x")])
    def serve(x):
        return {"y": 2 * x if function is None else function(x)}

    module = tf.Module()
    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    request = Request("serving_default", {"x": np.float32([1, 2])})
    answer = np.float32([2, 4]) if answer is None else answer
    write_requests(Path(folder), "small", [request], [{"y": answer}])
    return Path(folder)
