"""What stands in a SavedModel, read from its file alone: nothing of it is run."""

from pathlib import Path

from modzoo.errors import CallError, quoted, some_of
from modzoo.files import read_bytes
from modzoo.serving.operations import ALLOWED, RESTORING, SAVING

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
    """Raises unless every operation is one that a servable is made of, where it stands."""
    reached = Reached(graph)
    signatures = graph.signature_def.values()
    outputs = [tensor.name for s in signatures for tensor in s.outputs.values()]
    collected = [name for c in graph.collection_def.values() for name in c.node_list.value]
    reached.nodes_of([*outputs, *collected])
    reached.functions_of(graph.object_graph_def.concrete_functions)
    _require(reached.operations, ALLOWED, path)
    reached.nodes_of([graph.saver_def.restore_op_name])
    _require(reached.operations, RESTORING, path)
    reached.nodes_of(reached.nodes)
    reached.functions_of(reached.functions)
    _require(reached.operations, SAVING, path)


def _require(found, allowed, path):
    wrong = sorted(found - allowed)
    if wrong:
        raise CallError(
            f"{path} holds operations that no servable is made of, so nothing of it was run: "
            f"{some_of(wrong)}."
        )


class Reached:
    """The operations that are run when some nodes and functions of a graph are.

    Args:
        graph: `MetaGraphDef`.

    Attributes:
        operations: Set of the names of those found so far.
    """

    def __init__(self, graph):
        self.nodes = {node.name: node for node in graph.graph_def.node}
        self.functions = {f.signature.name: f for f in graph.graph_def.library.function}
        self.operations = set()
        self._seen = set()

    def nodes_of(self, names):
        """Adds what the nodes that compute these tensors need."""
        left = list(names)
        while left:
            name = left.pop().removeprefix("^").partition(":")[0]
            if name in self.nodes and ("node", name) not in self._seen:
                self._seen.add(("node", name))
                left += self.nodes[name].input
                self._add(self.nodes[name])

    def functions_of(self, names):
        """Adds what functions of these names call."""
        left = list(names)
        while left:
            name = left.pop()
            if name in self.functions and ("function", name) not in self._seen:
                self._seen.add(("function", name))
                for node in self.functions[name].node_def:
                    left += self._called(node)

    def _add(self, node):
        self.functions_of(self._called(node))

    def _called(self, node):
        """Names of the functions that a node calls; its own operation is noted."""
        if node.op in self.functions:
            return [node.op]
        self.operations.add(node.op)
        named = [value.func.name for value in node.attr.values() if value.func.name]
        return named + [f.name for value in node.attr.values() for f in value.list.func]
