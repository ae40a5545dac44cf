"""Formats that a servable is written in."""

import copy
import shutil
import tempfile
from pathlib import Path

from modzoo.errors import CallError, missing_packages
from modzoo.serving.graph import GRAPH
from modzoo.serving.programs import ProgramError, run_python

ONNX, LITE = "model.onnx", "model.tflite"
NETWORK = "network"
OPSET = 18
KNOW_TEXT = """
import contextlib
with contextlib.suppress(ImportError):
    import tensorflow_text
"""
TO_ONNX = """
import runpy
runpy.run_module("tf2onnx.convert", run_name="__main__", alter_sys=True)
"""
TO_LITE = """
import sys, tensorflow as tf
model, signature, file = sys.argv[1:]
converter = tf.lite.TFLiteConverter.from_saved_model(model, signature_keys=[signature])
open(file, "wb").write(converter.convert())
"""


def write_saved_model(servable, folder):
    """Writes a SavedModel of all signatures, its look-up tables as assets."""
    import tensorflow as tf

    from modzoo.knowledge.lookup import LookupTable

    module = tf.Module()
    module.weights = [variable.value for variable in servable.model.variables]
    module.tables = list(servable.tables)
    with tempfile.TemporaryDirectory() as files:
        for part in module.submodules:
            if isinstance(part, LookupTable):
                part.save(files)
        signatures = {
            name: tf.function(
                signature.function, input_signature=[signature.inputs], autograph=False
            ).get_concrete_function()
            for name, signature in servable.signatures.items()
        }
        tf.saved_model.save(module, str(folder), signatures=signatures)


def write_onnx(servable, folder):
    """Writes the network as ONNX, and the preprocessing's tables beside."""
    _convert(servable, folder, "ONNX", ONNX, to_onnx)


def write_lite(servable, folder):
    """Writes the network for LiteRT, and the preprocessing's tables beside."""
    _convert(servable, folder, "LiteRT", LITE, to_lite)


def _convert(servable, folder, format, file, convert):
    with tempfile.TemporaryDirectory() as saved:
        write_saved_model(servable, saved)
        try:
            convert(saved, NETWORK, folder / file)
        except ProgramError as error:
            raise CallError(f"The model does not convert to {format}: {error}.") from error
        for table in Path(saved, "assets").glob("*"):
            (folder / "assets").mkdir(exist_ok=True)
            shutil.copy(table, folder / "assets")


def to_onnx(saved_model, signature, file):
    """Converts one signature of a SavedModel to ONNX."""
    import onnx

    args = ("--saved-model", saved_model, "--tag", "serve", "--signature_def", signature)
    run_python("-c", KNOW_TEXT + TO_ONNX, *args, "--output", file, "--opset", OPSET)
    model = onnx.load(file)
    _replace_erfc(model.graph)
    onnx.save(model, file)


def _replace_erfc(graph):
    """tf2onnx passes on what ONNX does not have: 1 minus the error function."""
    from onnx import helper

    nodes = copy.deepcopy(list(graph.node))
    graph.ClearField("node")
    for node in nodes:
        for attribute in node.attribute:
            for part in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                _replace_erfc(part)
        if node.op_type != "Erfc":
            graph.node.append(node)
            continue
        (x,), (y,) = node.input, node.output
        one = helper.make_tensor("one", 1, (), [1.0])  # of float32
        graph.node.append(helper.make_node("Constant", [], [f"{y}/one"], value=one))
        graph.node.append(helper.make_node("Erf", [x], [f"{y}/erf"]))
        graph.node.append(helper.make_node("Sub", [f"{y}/one", f"{y}/erf"], [y]))


def to_lite(saved_model, signature, file):
    """Converts one signature of a SavedModel for LiteRT."""
    run_python("-c", KNOW_TEXT + TO_LITE, saved_model, signature, file)


# Name of a format: what writes it, the file that it is told by, the packages that it needs.
FORMATS = {
    "savedmodel": (write_saved_model, GRAPH, ()),
    "onnx": (write_onnx, ONNX, ("tf2onnx", "onnxruntime")),
    "litert": (write_lite, LITE, ()),
}


def require_packages(format):
    """Raises unless what a format needs is installed."""
    for name in missing_packages(FORMATS[format][2]):
        raise CallError(
            f"The format {format} needs the package {name}: pip install 'modzoo[export]'."
        )
