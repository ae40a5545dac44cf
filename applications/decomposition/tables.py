"""Figures beside those of the paper, as lines of a table."""


def beside_paper(evaluation, settings, paper):
    """What a network and its modules reach, below what the paper reports.

    Args:
        evaluation: `Evaluation` of a `Monolith` with its modules.
        settings: `DecompositionSettings`.
        paper: List of `(mode, figure of the network, figure of its modules)`, accuracies or BLEU;
            or of `(mode, None, None, points)`, where the paper gives their difference alone.
    """
    metrics = evaluation.metrics
    metric = "bleu" if "bleu" in metrics else "accuracy"
    rows = [(f"paper, {mode}", *figures) for mode, *figures in paper]
    rows.append((f"here, {settings.mode}", metrics[f"monolith_{metric}"], metrics[metric]))
    return _table(metric, ["network", "modules"], rows, *((1, 1) if metric == "bleu" else ()))


def reuse_table(rows):
    """What `reused` found: the paper's modules lose 2.4 points to models trained on the two."""
    if not rows:
        return ["No pair of modules is reused: fewer than two classes of the test have one."]
    found = [(" / ".join(r["labels"]), r["retrained"], r["modules"]) for r in rows]
    means = [sum(row[i] for row in found) / len(found) for i in (1, 2)]
    title = "two modules reused (paper: -2.4 points)"
    return _table(title, ["trained anew", "modules"], [*found, ("mean", *means)])


def replace_table(found):
    """What `replaced` found: the paper's compositions lose 7.2 points by a module of another."""
    rows = [(label, found["modules"], after) for label, after in found["replaced"].items()]
    mean = sum(found["replaced"].values()) / len(rows)
    title = "one module replaced (paper: -7.2 points)"
    return _table(title, ["before", "after"], [*rows, ("mean", found["modules"], mean)])


def _table(title, columns, rows, scale=100, decimals=3):
    """Lines of a table of two figures and their difference in points, of which `scale` are 1."""
    width = max(len(title), *(len(name) for name, *_ in rows))
    lines = [f"{title:{width}}  {columns[0]:>12}  {columns[1]:>8}  points"]
    for name, one, other, *points in rows:
        shown = ["" if x is None else f"{x:.{decimals}f}" for x in (one, other)]
        (difference,) = points or [scale * (other - one)]
        lines.append(f"{name:{width}}  {shown[0]:>12}  {shown[1]:>8}  {difference:+6.1f}")
    return lines
