"""Requests that TensorFlow Serving runs when it loads a servable, each with its answer."""

from typing import NamedTuple

import numpy as np

from modzoo.errors import CallError
from modzoo.files import MAX_BYTES, whole_file

WARMUP = "assets.extra/tf_serving_warmup_requests"
MAX_RECORDS = 1000  # TensorFlow Serving's own limit


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
        for content in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(content).predict_log
            signature = log.request.model_spec.signature_name or "serving_default"
            requests.append(Request(signature, _arrays(log.request.inputs)))
            answers.append(_arrays(log.response.outputs))
        if not 0 < len(requests) <= MAX_RECORDS:
            raise ValueError(f"it holds {len(requests)} requests, not 1 to {MAX_RECORDS}")
    except Exception as error:  # damaged records raise anything
        raise CallError(f"Cannot read {path}: {' '.join(str(error).split())[:200]}.") from error
    return requests, answers


def _fill(tensors, arrays):
    import tensorflow as tf

    for name, array in arrays.items():
        tensors[name].CopyFrom(tf.make_tensor_proto(array))


def _arrays(tensors):
    import tensorflow as tf

    return {name: np.asarray(tf.make_ndarray(proto)) for name, proto in sorted(tensors.items())}
