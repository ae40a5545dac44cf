from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from modzoo.errors import CallError, some_of


@dataclass(frozen=True)
class Signature:
    """A function that a servable offers.

    Attributes:
        function: Function of a dictionary of tensors that returns one, in core TensorFlow ops.
            The batch is the first axis of each.
        inputs: Dictionary of `tf.TensorSpec`, what it is called with.
        examples: List of dictionaries of arrays, batches of different sizes on which it is warmed
            up and checked.
    """

    function: object
    inputs: dict
    examples: list

    def __call__(self, batch):
        """Its outputs, arrays, computed without a graph."""
        outputs = self.function({name: tf.constant(value) for name, value in batch.items()})
        return {name: value.numpy() for name, value in outputs.items()}


@dataclass(frozen=True)
class Servable:
    """A model as it is served, raw inputs and all. Keras must run on TensorFlow.

    Attributes:
        model: The `keras.Model` whose weights it has.
        signatures: Dictionary of `Signature`: `"serving_default"`, from raw inputs to answers;
            `"explain"`, which also returns what the parts of the model decided; `"network"`, the
            same from numbers to numbers, without the preprocessing; and others that there are.
        tables: List of `tf.Module`, sources of knowledge and other parts of the preprocessing,
            whose `modzoo.knowledge.LookupTable`s become asset files.
    """

    model: object
    signatures: dict
    tables: list = ()

    def answer(self, signature, batch):
        """What the Keras model answers, as `Signature.__call__`; raises where there is no such
        signature of such inputs."""
        own = self.signatures.get(signature)
        if own is None or own.inputs.keys() != batch.keys():
            raise CallError(
                f"The model has no signature {signature} of {some_of(batch)} to compare with; its "
                f"signatures are {some_of(self.signatures)}."
            )
        return own(batch)


def network_signature(model, outputs, batches):
    """The `Signature` of a network of numbers.

    Args:
        model: `keras.Model` whose input is a dictionary of tensors, or one tensor.
        outputs: Function of what the model takes to a dictionary of tensors.
        batches: List of what the model takes, tensors.
    """
    inputs = model.input if isinstance(model.input, dict) else {model.input.name: model.input}
    name = None if isinstance(model.input, dict) else model.input.name
    return Signature(
        outputs if name is None else lambda batch: outputs(batch[name]),
        {key: tf.TensorSpec(x.shape, x.dtype, key) for key, x in inputs.items()},
        [keras.tree.map_structure(np.asarray, b if name is None else {name: b}) for b in batches],
    )


def for_all(row, like):
    """The same list of strings or numbers for each of the batch that `like` has."""
    return tf.repeat(tf.constant(row)[None], tf.shape(like)[0], axis=0)
