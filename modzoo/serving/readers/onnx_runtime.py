import onnxruntime


def read(file):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def answer(signature, inputs):
        return dict(zip(names, session.run(names, inputs), strict=True))

    return answer
