"""Answers requests by a servable, as a program that has neither Keras nor modzoo:

    python modzoo/serving/readers READER MODEL REQUESTS ANSWERS

READER is a module of this folder, whose `read` makes of MODEL, a path, a function of a
signature's name and a dictionary of arrays that returns another. REQUESTS and ANSWERS are files
of `exchange`; beside the requests stand their signatures, beside the answers the seconds that it
took to read the model and to answer each.
"""

import importlib
import itertools
import sys
import time

sys.modules["keras"] = sys.modules["modzoo"] = None  # importing them fails

import exchange  # noqa: E402


def main(reader, model, requests, answers):
    read = importlib.import_module(reader).read
    requests, signatures = exchange.load(requests)
    times, records = [time.perf_counter()], []
    answer = read(model)
    times.append(time.perf_counter())
    for signature, inputs in zip(signatures, requests, strict=True):
        outputs = answer(signature, inputs)
        records.append({name: _storable(array) for name, array in outputs.items()})
        times.append(time.perf_counter())
    exchange.save(answers, records, [b - a for a, b in itertools.pairwise(times)])


def _storable(array):
    """Files of NumPy lose types that are not its own, as bfloat16: they become float32."""
    return array.astype("float32") if array.dtype.kind == "V" else array


main(*sys.argv[1:])
