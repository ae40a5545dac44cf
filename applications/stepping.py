"""Steps of a trained model that are computed again and again, compiled where that is possible."""

import warnings

import keras


def compiled(model, function):
    """`function` of tensors, compiled for each of their shapes, which uses `model`'s weights as
    they are at each call.

    On PyTorch, where a compiler of C++ may not be at hand, what it computes is recorded, so that
    it is done without Python; a function that looks at the values of tensors stays as it is.
    """
    backend = keras.backend.backend()
    if backend == "torch":
        return _recorded(function)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    import jax

    variables = model.variables

    @jax.jit
    def stateless(values, *inputs):
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return function(*inputs)

    return lambda *inputs: stateless([v.value for v in variables], *inputs)


def _recorded(function):
    import torch

    programs = {}

    def call(*inputs):
        tensors = keras.tree.flatten(inputs)
        key = tuple((tuple(x.shape), x.dtype, x.device) for x in tensors)
        with torch.no_grad():
            if key not in programs:
                programs[key] = _record(function, inputs)
            program = programs[key]
            if program is None:
                return function(*inputs)
            run, outputs = program
            return keras.tree.pack_sequence_as(outputs, list(run(*tensors)))

    return call


def _record(function, inputs):
    """What `function` computes of tensors of these shapes, of a list of them, and the structure of
    its outputs; None where that depends on their values."""
    import torch
    from torch.fx.experimental.proxy_tensor import make_fx

    structure = None

    def flat(*tensors):
        nonlocal structure
        structure = function(*keras.tree.pack_sequence_as(inputs, list(tensors)))
        return tuple(keras.tree.flatten(structure))

    tensors = keras.tree.flatten(inputs)
    try:
        program = make_fx(flat)(*tensors)
    except RuntimeError:
        return None
    program.graph.eliminate_dead_code()
    program.recompile()
    with warnings.catch_warnings():  # `torch.compile`, which it advises, wants a compiler
        warnings.simplefilter("ignore", DeprecationWarning)
        run = torch.jit.trace(program, tuple(tensors), check_trace=False)
    return run, keras.tree.map_structure(lambda _: 0, structure)
