"""What the parts of a trained tagger are about, over many sentences."""

import numpy as np

from modzoo.applications.tagging.inference import draw, explain, in_pieces, kind_of, model_outputs

MAX_WORDS = 20000
MOST_LINES = 5


def inspect(model, sentences):
    """Reads `MAX_WORDS` words or fewer of tagged sentences.

    Returns a dictionary of `"words"`, their number; `"confusion"`, `{task: {"labels", "counts"}}`,
    rows are gold tags, columns predicted ones; and what the kind of the model adds, `inspected`
    of `gates` or `routes`.
    """
    lengths = np.cumsum([len(tokens) for tokens in sentences.tokens])
    sentences = sentences.limit(max(1, int(np.searchsorted(lengths, MAX_WORDS))))
    sentences = in_pieces(model, sentences)
    tasks, kind = [task for task in model.tasks if task in sentences.tags], kind_of(model)
    best, gold = ({task: [] for task in tasks} for _ in range(2))
    decided = {name: {task: [] for task in model.tasks} for name in kind.INSPECTED}
    for places, outputs in model_outputs(model, sentences.tokens, "logits", *kind.INSPECTED):
        for row, place in enumerate(places):
            words = len(sentences.tokens[place])
            for name, found in decided.items():
                for task, rows in found.items():
                    rows.append(outputs[name][task][row, :words])
            for task in tasks:
                best[task].append(outputs["logits"][task][row, :words].argmax(-1))
                tags = sentences.tags[task][place]
                gold[task] += [None] * words if tags is None else tags
    return {
        "words": int(sentences.lengths.sum()),
        "confusion": {
            task: _confusion(gold[task], np.concatenate(best[task]).astype(int), model.labels[task])
            for task in tasks
        },
        **kind.inspected(model, decided, gold),
    }


def _confusion(gold, best, labels):
    places = {name: i for i, name in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), int)
    for tag, column in zip(gold, best, strict=True):
        if tag in places:
            counts[places[tag], column] += 1
    return {"labels": labels, "counts": counts.tolist()}


def inspection_lines(record):
    """What `inspect` returned, in lines for people: of each task, how often which tag was taken
    for which."""
    lines = [f"{record['words']:,} words"]
    for task, confusion in record["confusion"].items():
        counts, labels = np.array(confusion["counts"]), confusion["labels"]
        right, whole = int(counts.trace()), max(1, int(counts.sum()))
        lines.append(f"{task}: {100 * right / whole:.1f} % right; most often wrong:")
        np.fill_diagonal(counts, 0)
        worst = sorted(zip(*counts.nonzero(), strict=True), key=lambda at: -counts[at])
        for gold, said in worst[:MOST_LINES]:
            lines.append(f"  {labels[gold]} taken for {labels[said]}, {counts[gold, said]} times")
    return lines


def draw_inspection(record):
    """The pictures of what `inspect` returned, `{name: figure}`."""
    from modzoo.plots import draw_confusion, draw_gate_correlation, draw_probes, draw_routes

    figures = {
        **{f"confusion_{k}": draw_confusion(k, x) for k, x in record["confusion"].items()},
        **{f"probes_{k}": draw_probes(k, x) for k, x in record.get("probes", {}).items()},
    }
    for pair, correlation in record.get("correlation", {}).items():
        name = "correlation_" + pair.replace(", ", "_")
        figures[name] = draw_gate_correlation(pair, correlation)
    if "steps" in record:
        patterns = list(record["steps"].values())
        length = min(map(len, patterns))
        shown = [steps[:length] for steps in patterns]
        figures["patterns"] = draw_routes(list(record["steps"]), shown)
    return figures


def save_plots(run, model, sentences, example):
    """The pictures of a run, and what they show as `inspection.json`.

    Args:
        run: The `Run`.
        model: `Tagger`.
        sentences: `TaggedSentences` to inspect.
        example: The text of which they show what the model decided.
    """
    from modzoo.plots import draw_history

    run.save_plot("history", draw_history(run.history()))
    record, kind = inspect(model, sentences), kind_of(model)
    run.save_record("inspection", record)
    for name, figure in draw_inspection(record).items():
        run.save_plot(name, figure)
    if kind.DECISIONS:
        run.save_plot(kind.PICTURE, draw(explain(model, example)))
