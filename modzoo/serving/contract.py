"""What TensorFlow Serving, and those who call it, expect of a servable."""

from modzoo.serving.graph import INITIALISATION

DEFAULT = "serving_default"
STRING = 7  # DT_STRING
MAX_VERSION = 2**63 - 1  # TensorFlow Serving counts in int64


def signatures_of(graph):
    """The signatures of a `MetaGraphDef` that can be called, `{name: SignatureDef}`, the default
    first."""
    names = sorted(graph.signature_def, key=lambda name: (name != DEFAULT, name))
    return {name: graph.signature_def[name] for name in names if name != INITIALISATION}


def is_numeric(signature):
    """Whether there is a `SignatureDef`, and it has no strings."""
    if signature is None:
        return False
    tensors = [*signature.inputs.values(), *signature.outputs.values()]
    return all(tensor.dtype != STRING for tensor in tensors)


def breaches(folder, signatures, requests):
    """What is wrong with a servable, sentences; an empty list if it is as it should be.

    Args:
        folder: Path of its version.
        signatures: What `signatures_of` returned.
        requests: List of `Request`, those it is warmed up with.
    """
    found = []
    if not (folder.name.isascii() and folder.name.isdecimal()):
        found.append(f"The folder must be called by its version, a number, not {folder.name!r}.")
    elif int(folder.name) > MAX_VERSION:
        found.append(f"The version must be at most {MAX_VERSION}, not {folder.name}.")
    if DEFAULT not in signatures:
        found.append(f"There is no signature {DEFAULT}.")
    for name, signature in signatures.items():
        for kind in ("inputs", "outputs"):
            tensors = getattr(signature, kind)
            if not tensors:
                found.append(f"The signature {name} has no {kind}.")
            for tensor, info in sorted(tensors.items()):
                shape = info.tensor_shape
                if shape.unknown_rank or not shape.dim or shape.dim[0].size != -1:
                    found.append(f"{tensor} of {kind} of {name} has no variable batch.")
    for request in requests:
        signature = signatures.get(request.signature)
        if signature is None:
            found.append(f"A warm-up request is of {request.signature}, which is not there.")
        elif signature.inputs.keys() != request.inputs.keys():
            found.append(f"A warm-up request has other inputs than {request.signature}.")
    for name in signatures.keys() - {request.signature for request in requests}:
        found.append(f"No warm-up request is of {name}.")
    return found
