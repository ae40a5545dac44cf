import os
import tempfile
from pathlib import Path

from modzoo.errors import CallError, some_of
from modzoo.serving.compare import TOLERANCE, largest_difference
from modzoo.serving.contract import breaches, signatures_of
from modzoo.serving.formats import FORMATS, NETWORK
from modzoo.serving.graph import GRAPH, read_graph
from modzoo.serving.independent import READERS
from modzoo.serving.private_copy import copy_servable
from modzoo.serving.programs import ProgramError, read_apart
from modzoo.serving.warmup import read_requests


def check_servable(folder, answer=None, readers=None):
    """Checks a servable: what it promises, and that programs without Keras answer as it does.

    Nothing of it is run unless all of its operations are such as servables are made of.

    Args:
        folder: The version's folder.
        answer: Function of a signature's name and its inputs to the answer to compare with.
            Default: the answers that were written beside the warm-up when it was exported.
        readers: Names of the programs of some `Reader`s. Default: all.

    Returns:
        Dictionary of `"folder"`; `"format"`; `"requests"`, their number; `"breaches"`, sentences
        on what is not as it should be; `"readers"`, a list of `{"reader", "signature",
        "difference", "output", "reason"}`, the largest difference and where it is, or why there
        is none; and `"is_sound"`, whether all is well.

    Raises:
        CallError: If the folder holds no servable, or one that is not to be run.
    """
    folder = Path(os.path.abspath(folder))
    format, file = _format_of(folder)
    graph = read_graph(folder) if file == GRAPH else None
    signatures = {NETWORK: None} if graph is None else signatures_of(graph)
    requests, answers = read_requests(folder)
    found = breaches(folder, signatures, requests) if file == GRAPH else []
    if answer is not None:
        answers = [answer(request.signature, request.inputs) for request in requests]
    rows = []
    with tempfile.TemporaryDirectory() as own:
        copy = copy_servable(folder, own, graph)
        for reader in READERS[file]:
            if readers is None or reader.program in readers:
                rows += _rows(reader, copy, signatures, requests, answers)
    sound = [row.pop("is_sound") for row in rows]
    return {
        "folder": str(folder),
        "format": format,
        "requests": len(requests),
        "breaches": found,
        "readers": rows,
        "is_sound": not found and all(sound),
    }


def _format_of(folder):
    """The format in a folder, and the file that it is told by."""
    for name, (_, file, _) in FORMATS.items():
        if (folder / file).is_file():
            return name, file
    if folder.is_file():
        raise CallError(f"{folder} is a file; a servable is a version's folder, as DIR/NAME/1.")
    if not folder.is_dir():
        raise CallError(f"There is no folder {folder}.")
    inside = {p.parent for f in READERS for at in ("*", "*/*") for p in folder.glob(f"{at}/{f}")}
    hint = f"; name one inside it: {some_of(sorted(inside))}" if inside else ""
    raise CallError(
        f"The folder {folder} holds no servable, none of {', '.join(READERS)}{hint}; modzoo export "
        "writes one."
    )


def _rows(reader, folder, signatures, requests, answers):
    """What a reader makes of each signature."""
    asked = {r.signature: signatures[r.signature] for r in requests if r.signature in signatures}
    if reader.missing:
        reason = f"{', '.join(reader.missing)} not installed: pip install 'modzoo[export]'"
        return [_row(reader, name, reason=reason) for name in asked]
    rows = []
    for names in filter(None, reader.groups(asked)):
        rows += _compared(reader, folder, names, requests, answers)
    read = {row["signature"] for row in rows}
    reason = "it reads the network of numbers alone"
    return rows + [_row(reader, name, reason=reason) for name in asked if name not in read]


def _compared(reader, folder, names, requests, answers):
    """What a reader makes of signatures that it reads at once."""
    asked = [i for i, request in enumerate(requests) if request.signature in names]
    with tempfile.TemporaryDirectory() as between, tempfile.TemporaryDirectory() as own:
        try:
            model = reader.prepare(folder, names[0], Path(own))
            found, _ = read_apart(reader.program, model, [requests[i] for i in asked], between)
        except ProgramError as error:
            return [_row(reader, name, reason=str(error)) for name in names]
    differences = {name: [] for name in names}
    for i, got in zip(asked, found, strict=True):
        differences[requests[i].signature].append(largest_difference(got, answers[i]))
    return [_row(reader, name, *max(differences[name])) for name in names]


def _row(reader, signature, difference=None, output=None, reason=None):
    return {
        "reader": reader.name,
        "signature": signature,
        "difference": difference,
        "output": output,
        "reason": reason,
        "is_sound": difference <= TOLERANCE if reason is None else not reader.is_needed,
    }
