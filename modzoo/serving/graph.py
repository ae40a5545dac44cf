"""What stands in a SavedModel, read from its file alone: nothing of it is run."""

from pathlib import Path

from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_bytes
from modzoo.serving.operations import ALLOWED, CHECKPOINT, TEXT

GRAPH = "saved_model.pb"
INITIALISATION = "__saved_model_init_op"  # no signature to be called
TAG = "serve"


def read_graph(folder):
    """The one meta graph of a SavedModel, a `MetaGraphDef`.

    Raises:
        CallError: If the file is no SavedModel, or is of one that TensorFlow Serving does not
            take, or holds operations that no servable needs.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    path = Path(folder, GRAPH)
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(read_bytes(path))
    except DecodeError as error:
        raise CallError(f"Cannot read {path}: it is no SavedModel, or a damaged one.") from error
    graphs = [graph for graph in saved.meta_graphs if TAG in graph.meta_info_def.tags]
    if len(saved.meta_graphs) != 1 or not graphs:
        raise CallError(
            f"{path} must hold one graph, with the tag {TAG!r}; it holds {len(saved.meta_graphs)}, "
            f"{len(graphs)} of them with the tag."
        )
    _check_operations(graphs[0], path)
    for asset in graphs[0].asset_file_def:
        if Path(asset.filename).name != asset.filename:
            raise CallError(
                f"{path} names the asset {quoted(asset.filename)}, which lies outside its folder; "
                "nothing of it was run."
            )
    return graphs[0]


def _check_operations(graph, path):
    """Raises unless every operation, called or not, is one that a servable is made of."""
    import tensorflow as tf

    functions = {function.signature.name for function in graph.graph_def.library.function}
    nodes = [*graph.graph_def.node]
    for function in graph.graph_def.library.function:
        nodes += function.node_def
    disguised = {name for name in functions if hasattr(tf.raw_ops, name)}
    wrong = sorted(
        {node.op for node in nodes} - ALLOWED - TEXT - CHECKPOINT - functions | disguised
    )
    if wrong:
        raise CallError(
            f"{path} holds operations that no servable is made of, so nothing of it was run: "
            f"{some_of(wrong)}."
        )
