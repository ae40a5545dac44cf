import tempfile

from modzoo.errors import CallError
from modzoo.files import whole_folder
from modzoo.serving.compare import TOLERANCE, largest_difference
from modzoo.serving.formats import FORMATS, NETWORK
from modzoo.serving.programs import ProgramError, read_apart
from modzoo.serving.warmup import Request, write_requests

READER = {"savedmodel": "session", "onnx": "onnx_runtime", "litert": "lite"}


def export_servable(servable, folder, name, format="savedmodel"):
    """Writes a servable to a new folder, which appears when all of its requests were answered.

    Args:
        servable: `Servable`.
        folder: The version's folder, as `models/sentiment/1`.
        name: Its name.
        format: `"savedmodel"`, `"onnx"` or `"litert"`; the last two hold the signature `network`
            alone.

    Returns:
        Dictionary of `"signatures"`, the names of their inputs and outputs; `"bytes"`, by what
        they hold; and `"seconds"` that a program without Keras needs to load the model, for the
        first answer, and for the same once more.

    Raises:
        CallError: If the model does not convert to the format, or the folder cannot be written
            or is there, if only since then.
    """
    write, file, _ = FORMATS[format]
    names = list(servable.signatures) if format == "savedmodel" else [NETWORK]
    requests = [
        Request(signature, batch)
        for signature in names
        for batch in servable.signatures[signature].examples
    ]
    answers = [servable.signatures[r.signature](r.inputs) for r in requests]
    with whole_folder(folder, replace=False) as beside:
        write(servable, beside)
        write_requests(beside, name, requests, answers)
        model = beside if format == "savedmodel" else beside / file
        seconds = _replayed(READER[format], model, requests, answers)
        return {
            "signatures": {
                r.signature: {"inputs": list(r.inputs), "outputs": list(answer)}
                for r, answer in zip(requests, answers, strict=True)
            },
            "bytes": _sizes(beside, file),
            "seconds": seconds,
        }


def _replayed(reader, model, requests, answers):
    """Seconds that a reader needs; raises where it does not answer as the Keras model does."""
    with tempfile.TemporaryDirectory() as between:
        try:
            found, times = read_apart(reader, model, [*requests, requests[0]], between)
        except ProgramError as error:
            raise CallError(
                f"The exported model cannot be read, so it was not published: {error}."
            ) from error
    for request, got, answer in zip(requests, found, answers, strict=False):
        difference, output = largest_difference(got, answer)
        if not difference <= TOLERANCE:
            raise CallError(
                f"The exported model differs from the Keras model by {difference:.1e} in {output} "
                f"of {request.signature}, so it was not published."
            )
    return {"load": times[0], "first_request": times[1], "next_request": times[-1]}


def _sizes(folder, file):
    """Bytes of what stands in a servable's folder."""
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    parts = {"graph": (file,), "weights": ("variables",), "assets": ("assets",)}
    held = {
        part: sum(n for path, n in sizes.items() if path.relative_to(folder).parts[0] in names)
        for part, names in parts.items()
    }
    return {"whole": sum(sizes.values()), **held}
