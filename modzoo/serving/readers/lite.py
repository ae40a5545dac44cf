import tensorflow as tf


def read(file):
    interpreter = tf.lite.Interpreter(file)

    def answer(signature, inputs):
        return interpreter.get_signature_runner(signature)(**inputs)

    return answer
