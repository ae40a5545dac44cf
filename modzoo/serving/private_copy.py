"""A copy of a servable that reads its own files alone and writes none, whatever it is made of."""

import os
import shutil
import stat
from pathlib import Path

from modzoo.errors import CallError, quoted
from modzoo.serving.graph import GRAPH

MAX_FILES, MAX_BYTES = 10_000, 2**33  # of a servable
TABLE, RESTORE = "InitializeTableFromTextFileV2", "RestoreV2"
WRITERS = {"SaveV2", "MergeV2Checkpoints"}
STRING = 7  # DT_STRING


def copy_servable(folder, own, graph=None):
    """Copies a servable's folder.

    Args:
        folder: Path of its version.
        own: Folder for the copy.
        graph: Its `MetaGraphDef`, if it is a SavedModel: in the copy tables are filled from the
            folder's own assets, variables from its own checkpoint, and nothing is saved.

    Raises:
        CallError: If it holds something else than plain files, or more than a servable may.
    """
    _require_plain(folder)
    copy = Path(own, folder.name)
    shutil.copytree(folder, copy)
    if graph is not None:
        (copy / GRAPH).write_bytes(_confined(graph, copy).SerializeToString())
    return copy


def _require_plain(folder):
    """Raises where there are links, pipes or devices, or too much of anything."""
    count = size = 0
    for place, folders, files in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *files)):
            found = path.lstat()
            if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
                raise CallError(f"{path} is no plain file; nothing of {folder} was run.")
            count, size = count + 1, size + found.st_size
            if count > MAX_FILES or size > MAX_BYTES:
                raise CallError(
                    f"{folder} holds more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes; "
                    "nothing of it was run."
                )


def _confined(graph, folder):
    """A SavedModel of the graph, as it is to run from `folder`."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel(saved_model_schema_version=1, meta_graphs=[graph])
    graph = saved.meta_graphs[0]
    checkpoint = folder / "variables" / "variables"
    assets = _assets_of_functions(graph, folder)
    _write_nothing(graph.graph_def.node)
    _read_from(graph.graph_def.node, RESTORE, 0, checkpoint, "")
    _read_from(graph.graph_def.node, TABLE, 1, None, "")
    for function in graph.graph_def.library.function:
        _write_nothing(function.node_def)
        _read_from(function.node_def, RESTORE, 0, checkpoint, ":output:0")
        _read_from(function.node_def, TABLE, 1, assets.get(function.signature.name), ":output:0")
    return saved


def _assets_of_functions(graph, folder):
    """The file that a function fills a table from, `{its name: path}`, where it is given one."""
    objects = graph.object_graph_def
    found = {}
    for name, function in objects.concrete_functions.items():
        bound = [objects.nodes[i] for i in function.bound_inputs if 0 <= i < len(objects.nodes)]
        assets = [node.asset for node in bound if node.WhichOneof("kind") == "asset"]
        if len(assets) == 1 and 0 <= assets[0].asset_file_def_index < len(graph.asset_file_def):
            file = graph.asset_file_def[assets[0].asset_file_def_index].filename
            found[name] = folder / "assets" / file
    return found


def _write_nothing(nodes):
    for node in nodes:
        if node.op in WRITERS:
            waits_for = [name for name in node.input if name.startswith("^")]
            node.op = "NoOp"
            del node.input[:]
            node.input.extend(waits_for)
            node.attr.clear()


def _read_from(nodes, op, index, path, output):
    """Has all nodes of an operation read from `path`, their input `index`.

    Args:
        nodes: The nodes of a graph or a function.
        op: Name of the operation.
        index: Which of its inputs names the file.
        path: The file. None: there is none, and no node may read one.
        output: What follows a node's name where its output is an input.
    """
    readers = [node for node in nodes if node.op == op]
    for i, reader in enumerate(readers):
        if path is None or len(reader.input) <= index:
            raise CallError(
                f"{quoted(reader.name)}, a {op}, reads a file that is none of the servable's; "
                "nothing of it was run."
            )
        file = nodes.add(name=f"modzoo_{op}_{i}", op="Const")
        file.attr["dtype"].type = STRING
        file.attr["value"].tensor.dtype = STRING
        file.attr["value"].tensor.string_val.append(os.fsencode(path))
        file.attr["value"].tensor.tensor_shape.SetInParent()
        reader.input[index] = file.name + output
