"""How much faster a module is that is cut out of its network."""

import time

from modzoo.decomposition.observed import checked_inputs
from modzoo.decomposition.portions import rows_at_once
from modzoo.decomposition.vocabularies import own_ids

ROWS = 256
ROUNDS = 5


def cut_speed(modules, cut, x):
    """Examples a second of a module that is cut out, and of its network.

    Args:
        modules: `ModuleSet`.
        cut: `{label: keras.Model}`, the modules that are cut out.
        x: Array, or list of arrays, as the modules read them.

    Returns:
        Dictionary: `"label"`, the module that is in the middle by its weights, `"parameters"`,
        `"network_parameters"`, and of batches of 256 rows `"examples_per_second"` and
        `"network_examples_per_second"`, each the best of five, in turn.
    """
    by_size = sorted(cut, key=lambda label: cut[label].count_params())
    label = by_size[len(by_size) // 2]
    whole = next(module.network for module in modules.modules if module.label == label)
    models = (cut[label], whole.model)
    arrays = own_ids(whole, modules.vocabulary, checked_inputs(whole.model, x))
    batch = [array[: rows_at_once(whole.anatomy, arrays, ROWS)] for array in arrays]
    count, batch = len(batch[0]), batch[0] if len(batch) == 1 else batch
    rounds = [[_seconds(model, batch) for model in models] for _ in range(ROUNDS + 1)]
    own, other = (min(seconds) for seconds in zip(*rounds[1:], strict=True))
    return {
        "label": label,
        "parameters": cut[label].count_params(),
        "network_parameters": whole.model.count_params(),
        "examples_per_second": count / own,
        "network_examples_per_second": count / other,
    }


def _seconds(model, batch):
    start = time.perf_counter()
    model.predict_on_batch(batch)
    return time.perf_counter() - start
