import tensorflow as tf
import text_operations


def read(folder):
    """As TensorFlow Serving reads a SavedModel: a session, fed by the signatures' tensors."""
    text_operations.load()
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)

    def answer(signature, inputs):
        signature = graph.signature_def[signature]
        feeds = {signature.inputs[name].name: value for name, value in inputs.items()}
        return session.run({name: t.name for name, t in signature.outputs.items()}, feeds)

    return answer
