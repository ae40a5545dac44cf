"""Figures beside those of the paper, as lines of a table."""


def beside_paper(evaluation, settings, paper):
    """What a network and its modules reach, below what the paper reports.

    Args:
        evaluation: `Evaluation` of a `Monolith` with its modules.
        settings: `DecompositionSettings`.
        paper: List of `(mode, accuracy of the network, accuracy of its modules)`.
    """
    metrics = evaluation.metrics
    rows = [(f"paper, {mode}", network, modules) for mode, network, modules in paper]
    rows.append((f"here, {settings.mode}", metrics["monolith_accuracy"], metrics["accuracy"]))
    return _table("accuracy", ["network", "modules"], rows)


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


def _table(title, columns, rows):
    """Lines of a table of two accuracies and their difference in points."""
    width = max(len(title), *(len(name) for name, *_ in rows))
    lines = [f"{title:{width}}  {columns[0]:>12}  {columns[1]:>8}  points"]
    for name, one, other in rows:
        lines.append(f"{name:{width}}  {one:12.3f}  {other:8.3f}  {100 * (other - one):+6.1f}")
    return lines
