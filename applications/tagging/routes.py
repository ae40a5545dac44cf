"""Taggers whose tasks read sub-encoders by routes: the routes' names, and what they did."""

import numpy as np

from modzoo.applications.route_names import close_routes, route_places
from modzoo.training import route_entropy

DECISIONS = ("encoder_routes", "decoder_routes")
PICTURE = "routes"  # of what `explain` returns, in a run
INSPECTED = ("decoder_routes",)
MAX_STEPS = 28  # of the patterns that are drawn


def parts(model):
    """Names of what can be switched off (see `route_places`)."""
    return list(route_places(model.backbone.multi_task, model.tasks))


def switch_off(model, names):
    """Switches some of `parts` off too."""
    close_routes(model.backbone.multi_task, model.tasks, names)


def explained(model, outputs):
    """What `explain` says beside the tags, of the decisions on one sentence's words."""
    from modzoo.plots.routes import task_shares

    reads = np.array(list(outputs["decoder_routes"].values()))
    return {
        "routes": outputs["encoder_routes"].astype(int).tolist(),
        "reads": dict(zip(model.tasks, reads.astype(int).tolist(), strict=True)),
        "rates": dict(zip(model.tasks, reads.mean(1).round(4).tolist(), strict=True)),
        "shares": dict(zip(model.tasks, task_shares(reads).round(6).tolist(), strict=True)),
    }


def inspected(model, decided, gold):
    """What `inspect` says beside the tags.

    Args:
        model: `Tagger`.
        decided: `{"decoder_routes": {task: list of arrays (words, layers, modules)}}`.
        gold: `{task: list of tags, or None, along all words}`, of which a task's sentences are
            those it has tags of.

    Returns:
        Dictionary of

        - `"rates"`: `{task: [layer][module]}`, the share of the words of the task's sentences
          at which it reads a sub-encoder;
        - `"shares"`: `{task: [layer][module]}`, of all that a task reads, each sub-encoder's
          part, of sum 1;
        - `"steps"`: `{task: [step][layer][module]}`, the share of the sentences as long that
          read a sub-encoder at a step;
        - `"entropy"`: `{task: bits}`, the entropy of a route of the task, 0 if it is always or
          never open, at most 1, the mean over all.
    """
    from modzoo.plots.routes import task_shares

    found = {"rates": {}, "shares": {}, "steps": {}, "entropy": {}}
    for task, rows in decided["decoder_routes"].items():
        rows = _own(rows, gold.get(task, ()))
        if rows:
            words = np.concatenate(rows)
            mean = words.mean(0)
            found["rates"][task] = mean.round(4).tolist()
            found["shares"][task] = task_shares(mean[None, None])[0].round(6).tolist()
            found["steps"][task] = _pattern(rows).round(4).tolist()
            found["entropy"][task] = round(route_entropy(words), 4)
    return found


def _own(rows, gold):
    """Those arrays `(words, ...)` of `rows` whose words have tags in `gold`."""
    begins = np.cumsum([0, *map(len, rows)])
    pairs = zip(rows, begins, strict=False)
    return [row.astype("float64") for row, i in pairs if len(row) and gold and gold[i] is not None]


def _pattern(rows):
    """Means at each step over the arrays `(words, ...)` that are as long."""
    steps = range(min(MAX_STEPS, max(map(len, rows))))
    return np.array([np.mean([row[t] for row in rows if len(row) > t], 0) for t in steps])


def draw(record):
    """The picture of what `explain` returned: what each task read of one sentence."""
    from modzoo.plots import draw_routes

    tasks, reads = record["tasks"], list(record["reads"].values())
    return draw_routes(tasks, reads, record["routes"], reads[0], tasks[0], record["tokens"])
