"""The programs that read servables independently of Keras, and what each is given to read."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modzoo.errors import missing_packages
from modzoo.serving.contract import DEFAULT, is_numeric
from modzoo.serving.formats import LITE, NETWORK, ONNX, to_onnx
from modzoo.serving.graph import GRAPH


def _together(signatures):
    return [list(signatures)]


def _one_by_one(signatures):
    return [[name] for name in signatures]


def _numbers_alone(signatures):
    numeric = [name for name in (NETWORK, DEFAULT) if is_numeric(signatures.get(name))]
    return [numeric[:1]]


@dataclass(frozen=True)
class Reader:
    """A program that reads servables independently of Keras.

    Attributes:
        name: Its name, for people.
        program: The module in `readers`.
        packages: Names of the packages that it needs.
        is_needed: Whether it must read every servable, or may say why it does not.
        prepare: Function of a servable's folder, a signature's name and an empty folder, to what
            the program reads.
        groups: Function of the signatures to lists of the names of those that are read at once.
    """

    name: str
    program: str
    packages: tuple = ()
    is_needed: bool = False
    prepare: Callable = lambda folder, signature, own: folder
    groups: Callable = _together

    @property
    def missing(self):
        """The packages that are not installed."""
        return missing_packages(self.packages)


def _of_one_signature(folder, signature, own):
    """A copy of a SavedModel whose default signature is `signature`, and the only one."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString(Path(folder, GRAPH).read_bytes())
    (graph,) = saved.meta_graphs
    kept = graph.signature_def[signature].SerializeToString()
    graph.signature_def.clear()
    graph.signature_def[DEFAULT].MergeFromString(kept)
    for part in ("variables", "assets"):
        if Path(folder, part).is_dir():
            shutil.copytree(Path(folder, part), own / part)
    Path(own, GRAPH).write_bytes(saved.SerializeToString())
    return own


def _as_onnx(folder, signature, own):
    to_onnx(folder, signature, own / ONNX)
    return own / ONNX


def _file(name):
    return lambda folder, signature, own: folder / name


VINO, RUNTIME = ("OpenVINO", "open_vino"), ("ONNX Runtime", "onnx_runtime")
BOTH = ("onnxruntime", "tf2onnx")
READERS = {
    GRAPH: (
        Reader("tf.saved_model.load", "saved_model", is_needed=True),
        Reader("TensorFlow session", "session", is_needed=True),
        Reader(*VINO, ("openvino",), prepare=_of_one_signature, groups=_one_by_one),
        Reader(*RUNTIME, BOTH, prepare=_as_onnx, groups=_numbers_alone),
    ),
    ONNX: (
        Reader(*RUNTIME, ("onnxruntime",), is_needed=True, prepare=_file(ONNX)),
        Reader(*VINO, ("openvino",), prepare=_file(ONNX)),
    ),
    LITE: (Reader("LiteRT", "lite", is_needed=True, prepare=_file(LITE)),),
}
