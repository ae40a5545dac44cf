import keras

PACKAGES = ("keras_hub>", "modzoo>")


def described(config, kind):
    """The object that a stranger's configuration describes, if it is of a class that is known.

    Args:
        config: What `keras.saving.serialize_keras_object` gave.
        kind: Class that it must be of.

    Raises:
        ValueError: If it is of another class, or of one that neither keras_hub nor modzoo has.
    """
    name = config.get("registered_name") if isinstance(config, dict) else None
    known = isinstance(name, str) and name.startswith(PACKAGES)
    cls = keras.saving.get_registered_object(name) if known else None
    if not (isinstance(cls, type) and issubclass(cls, kind)):
        raise ValueError(f"{name!r} is no {kind.__name__} of keras_hub or modzoo")
    return keras.saving.deserialize_keras_object(config, safe_mode=True)
