"""A double of TensorFlow Serving's REST interface, for tests: no server, its rules alone.

It holds to what the server's documentation says of `:predict`: a body has either `instances`,
rows, or `inputs`, columns; a row is a plain value if the signature has one input, else an object
of all of them; bytes are `{"b64": ...}`; and rows are answered by `predictions`, columns by
`outputs`.
"""

import base64
import json

import numpy as np
import tensorflow as tf


class ServerDouble:
    """Serves the SavedModel in a version's folder."""

    def __init__(self, folder):
        self.model = tf.saved_model.load(str(folder))

    def predict(self, body):
        """Status and answer, an object, for a POST of `body` to `.../models/NAME:predict`."""
        try:
            return 200, self._answer(json.loads(body))
        except (ValueError, KeyError, TypeError, tf.errors.OpError) as error:
            return 400, {"error": str(error)}

    def _answer(self, body):
        signature = self.model.signatures[body.get("signature_name", "serving_default")]
        specs = signature.structured_input_signature[1]
        if ("instances" in body) == ("inputs" in body):
            raise ValueError("a body has either instances or inputs")
        as_rows = "instances" in body
        columns = _columns(body["instances"], specs) if as_rows else body["inputs"]
        if not as_rows and len(specs) == 1 and not isinstance(columns, dict):
            columns = dict.fromkeys(specs, columns)
        if columns.keys() != specs.keys():
            raise ValueError(f"the inputs are {sorted(specs)}, received {sorted(columns)}")
        tensors = {name: tf.constant(_plain(columns[name]), specs[name].dtype) for name in specs}
        outputs = {name: _json(value.numpy()) for name, value in signature(**tensors).items()}
        if not as_rows:
            return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}
        if len(outputs) == 1:
            return {"predictions": next(iter(outputs.values()))}
        rows = zip(*outputs.values(), strict=True)  # as long as the batch, each of them
        return {"predictions": [dict(zip(outputs, row, strict=True)) for row in rows]}


def _columns(rows, specs):
    if not isinstance(rows, list) or not rows:
        raise ValueError("instances are a list of at least one")
    if len(specs) == 1 and not (isinstance(rows[0], dict) and rows[0].keys() == specs.keys()):
        return dict.fromkeys(specs, rows)
    if any(not isinstance(row, dict) or row.keys() != specs.keys() for row in rows):
        raise ValueError(f"a row has the inputs {sorted(specs)}")
    return {name: [row[name] for row in rows] for name in specs}


def _plain(value):
    """Lists of numbers and of strings, of which some may be `{"b64": ...}`."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def _json(array):
    if array.dtype == object:
        array = np.array([x.decode() for x in array.ravel()], object).reshape(array.shape)
    return array.tolist()
