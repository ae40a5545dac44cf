import contextlib

import openvino

with contextlib.suppress(ImportError):
    import openvino_tokenizers  # noqa: F401  so that OpenVINO reads operations on strings


def read(path):
    """The default signature of a SavedModel, or an ONNX file."""
    core = openvino.Core()
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = core.compile_model(core.read_model(path), "CPU", options)

    def answer(signature, inputs):
        outputs = model(inputs)
        return {name: outputs[output] for output in model.outputs for name in output.names}

    return answer
