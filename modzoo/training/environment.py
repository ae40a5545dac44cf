import contextlib
import importlib.metadata
import os
import platform
import sys

from modzoo.errors import CallError, missing_packages

BACKENDS = ("tensorflow", "jax", "torch")


def select_backend(name=None):
    """Chooses Keras' backend: `name`, else `KERAS_BACKEND`, else TensorFlow.

    Must run before Keras is imported.
    """
    name = name or os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name not in BACKENDS:
        raise CallError(f"There is no backend {name!r}; there is: {', '.join(BACKENDS)}.")
    if missing_packages([name]):
        raise CallError(
            f"The backend {name} needs the package {name}: pip install 'modzoo[{name}]'."
        )
    if "keras" in sys.modules and running_backend() != name:
        raise CallError(f"Keras runs on {running_backend()} already; {name} needs a new process.")
    os.environ["KERAS_BACKEND"] = name
    import_quietly()


def running_backend():
    """The name of Keras' backend."""
    import keras

    return keras.backend.backend()


def import_quietly():
    """Imports TensorFlow, which reads the data on every backend, without its start-up notes and
    without its advice against tracing functions anew, which each model that is loaded does."""
    if "tensorflow" not in sys.modules:
        _import_tensorflow()
    sys.modules["tensorflow"].get_logger().addFilter(_is_no_advice)


def _is_no_advice(record):
    return "triggered tf.function retracing" not in str(record.msg)


def _import_tensorflow():
    if os.environ.get("KERAS_BACKEND") == "torch":
        import torch  # noqa: F401  (after TensorFlow it has been seen to crash)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _native_stderr_muted():
        import tensorflow  # noqa: F401


@contextlib.contextmanager
def _native_stderr_muted():
    """TensorFlow prints start-up notes past Python and past its own log level."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def prepared(settings, distribute=None):
    """The scope in which a recipe builds and compiles its model: seeded, and in its precision.

    Args:
        settings: The recipe's settings, of which `seed` and `precision` are read.
        distribute: A `tf.distribute.Strategy` or a `keras.distribution.Distribution`, whose
            scope is entered too. Default: one device.
    """
    import keras

    keras.utils.set_random_seed(settings.seed)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(settings.precision)
    except ValueError as error:
        raise CallError(
            f"There is no precision {settings.precision!r}; "
            "there is: float32, mixed_bfloat16, mixed_float16."
        ) from error
    try:
        with contextlib.nullcontext() if distribute is None else distribute.scope():
            yield
    finally:
        keras.config.set_dtype_policy(before)


def versions():
    """Versions of what a run depends on, `{package: version}`."""
    packages = ("modzoo", "keras", "keras-hub", "tensorflow", "jax", "torch", "numpy")
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
