import importlib.util
import pathlib

import tensorflow as tf

LIBRARIES = ("_fast_wordpiece_tokenizer", "_normalize_ops", "_regex_split_ops")


def load():
    """Makes known the operations of TF Text that split texts into word pieces, which TensorFlow
    Serving has; the package itself needs Keras."""
    package = importlib.util.find_spec("tensorflow_text")
    for name in LIBRARIES if package else ():
        path = pathlib.Path(package.origin).with_name("python") / "ops" / f"{name}.so"
        if path.is_file():
            tf.load_op_library(str(path))
