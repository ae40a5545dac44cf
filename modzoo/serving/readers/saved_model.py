import tensorflow as tf
import text_operations


def read(folder):
    """As a Python program reads a SavedModel."""
    text_operations.load()
    loaded = tf.saved_model.load(folder)

    def answer(signature, inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = loaded.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}

    return answer
