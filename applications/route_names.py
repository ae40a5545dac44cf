"""Names of what can be switched off of a model over `modzoo.layers.MultiTaskRNN` with routes."""

import numpy as np

from modzoo.errors import CallError, some_of


def route_places(rnn, tasks):
    """What can be switched off, `{name: its place in the layer's `disabled`}`.

    Sub-encoders, `"0:1"` is the second of layer 0; what a task reads of one, `"task:0:1"`; and the
    routes between them, `"1:2:0"` is that by which `1:2` reads `0:0`, and in layer 0 a cell.

    Args:
        rnn: `MultiTaskRNN` with routes.
        tasks: List of the names of its tasks.
    """
    places, routes = {}, {}
    for layer, module in np.ndindex(rnn.num_layers - 1, rnn.num_modules):
        name = f"{layer}:{module}"
        places[name] = ("module", layer, module)
        for i, task in enumerate(tasks):
            routes[f"{task}:{name}"] = ("decoder", i, layer, module)
        for source in range(rnn.num_modules if layer else rnn.num_cells):
            routes[f"{name}:{source}"] = ("encoder", layer, source, module)
    return places | routes


def close_routes(rnn, tasks, names):
    """Switches off too what `names`, some of `route_places`, name; raises where there is none."""
    places = route_places(rnn, tasks)
    for name in names:
        if name not in places:
            raise CallError(
                f"The model has no part {name!r} to disable; name a sub-encoder, LAYER:NUMBER, a "
                "route, LAYER:NUMBER:SOURCE, or what a task reads, TASK:LAYER:NUMBER, with a task "
                f"of: {some_of(tasks)}."
            )
    if names:
        rnn.disabled = [*rnn.disabled, *(places[name] for name in names)]
