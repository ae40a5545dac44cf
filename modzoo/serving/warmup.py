"""Requests that TensorFlow Serving runs when it loads a servable, each with its answer."""

import math
from typing import NamedTuple

import numpy as np

from modzoo.errors import CallError
from modzoo.files import MAX_BYTES, whole_file

WARMUP = "assets.extra/tf_serving_warmup_requests"
MAX_RECORDS = 1000  # TensorFlow Serving's own limit
MAX_TENSORS = 2**26  # bytes of a request's, or an answer's, tensors


class Request(NamedTuple):
    """A call of a signature.

    Attributes:
        signature: Its name.
        inputs: Dictionary of arrays.
    """

    signature: str
    inputs: dict


def write_requests(folder, name, requests, answers):
    """Writes the warm-up of the servable in `folder`.

    Args:
        folder: Where it lies.
        name: Its name.
        requests: List of `Request`.
        answers: List of dictionaries of arrays, what the Keras model says of each.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    with whole_file(folder / WARMUP) as beside, tf.io.TFRecordWriter(str(beside)) as file:
        for request, answer in zip(requests, answers, strict=True):
            record = prediction_log_pb2.PredictionLog()
            log = record.predict_log
            log.request.model_spec.name = name
            log.request.model_spec.signature_name = request.signature
            _fill(log.request.inputs, request.inputs)
            _fill(log.response.outputs, answer)
            file.write(record.SerializeToString())


def read_requests(folder):
    """The requests and the answers in a servable's warm-up.

    Raises:
        CallError: If there is none, or it cannot be read.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / WARMUP
    if not path.is_file():
        raise CallError(f"There are no requests to warm up with: {path} is missing.")
    requests, answers = [], []
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        records = tf.data.TFRecordDataset(str(path)).take(MAX_RECORDS + 1)
        for content in records.as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(content).predict_log
            signature = log.request.model_spec.signature_name or "serving_default"
            requests.append(Request(signature, _arrays(log.request.inputs)))
            answers.append(_arrays(log.response.outputs))
        if not 0 < len(requests) <= MAX_RECORDS:
            raise ValueError(f"it holds none or more than {MAX_RECORDS} requests")
    except Exception as error:  # damaged records raise anything
        raise CallError(f"Cannot read {path}: {' '.join(str(error).split())[:200]}.") from error
    return requests, answers


def _fill(tensors, arrays):
    import tensorflow as tf

    for name, array in arrays.items():
        tensors[name].CopyFrom(tf.make_tensor_proto(array))


def _arrays(tensors):
    import tensorflow as tf

    _require_small(tensors.values())
    return {name: np.asarray(tf.make_ndarray(proto)) for name, proto in sorted(tensors.items())}


def _require_small(tensors):
    """Raises where tensors, of which a few bytes may stand for many, are too large together."""
    import tensorflow as tf

    size = 0
    for proto in tensors:
        width = max(1, tf.as_dtype(proto.dtype).size or 8)  # of a string its pointer
        size += width * math.prod(max(0, dim.size) for dim in proto.tensor_shape.dim)
    if size > MAX_TENSORS:
        raise ValueError(f"a request has tensors of more than {MAX_TENSORS:,} bytes")
