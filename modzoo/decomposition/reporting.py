"""What a set of modules is like, for people to read: figures as Markdown, and pictures."""

from pathlib import Path

import numpy as np

from modzoo.decomposition.cut_speed import cut_speed
from modzoo.decomposition.folders import PICTURES, REPORT
from modzoo.decomposition.measuring import METRICS, NothingToMark, own_columns, points
from modzoo.decomposition.observed import Targets, checked_inputs
from modzoo.decomposition.removing import SHARES, Trial, curve_of
from modzoo.decomposition.rules import RULES
from modzoo.decomposition.study import Study
from modzoo.decomposition.vocabularies import own_ids
from modzoo.errors import CallError, quoted, shortened
from modzoo.files import opened, require_writable, save_figure, whole_file

MOST = 1000  # examples that the curve is made of
POSITIVES = 100  # of a label
CURVE_SEED = 0
TITLE = "# Modules of a recurrent network"


def report(modules, x, y, folder=None, curve=True, groups=None):
    """See `ModuleSet.report`."""
    if folder is not None:
        _require_no_other_report(Path(folder))
    found = modules.evaluate(x, y, groups)
    cut = _cut(modules)
    for label, model in cut.items():
        found["classes"][label]["parameters"] = model.count_params()
    if cut:
        found["cut"] = cut_speed(modules, cut, x)
    if curve and own_columns(modules) is not None:
        found["curve"] = _curve(modules, x, np.asarray(y), groups)
    if folder is not None:
        _write(modules, found, Path(folder))
    return found


def _cut(modules):
    """The modules cut out, by label, where that can be."""
    try:
        return {label: modules.cut(label) for label in modules.labels}
    except CallError:  # of some networks no smaller module can be cut
        return {}


def _curve(modules, x, y, groups):
    """Rows of the curve: units are rated by one half of the examples, compositions marked by the
    other; of labels that are among the first, none if the other has none of them."""
    network = modules.networks[0]
    arrays = own_ids(network, modules.vocabulary, checked_inputs(network.model, x))
    chosen = np.random.default_rng(CURVE_SEED).permutation(len(y))[:MOST]
    rated, marked = np.split(chosen, [(len(chosen) + 1) // 2])
    part = None if groups is None else np.asarray(groups)
    of = [None if part is None else part[rows] for rows in (rated, marked)]
    targets = Targets(network.anatomy, y[rated], of[0])
    pairs = [
        (module.label, column)
        for module in modules.modules
        for column in [_column(targets, module)]
        if column is not None and targets.observed(column, 1, CURVE_SEED).is_positive.any()
    ]
    if not pairs or not len(marked):
        return []
    names, columns = zip(*pairs, strict=True)
    own = type(modules)(modules.subset(names).modules, network.vocabulary)
    try:
        trial = Trial(own, [array[marked] for array in arrays], y[marked], of[1])
    except NothingToMark:
        return []
    read = [array[rated] for array in arrays]
    study = Study(network, read, targets, names, columns, POSITIVES, CURVE_SEED)
    return curve_of(trial, study, SHARES, RULES)


def _column(targets, module):
    if targets.names is None:
        return module.column
    return targets.names.index(module.label) if module.label in targets.names else None


def _require_no_other_report(folder):
    require_writable(folder)
    path = folder / REPORT
    if not path.exists():
        return
    with opened(path) as file:
        if file.read(len(TITLE)) != TITLE.encode():
            raise CallError(f"{path} is there and is no report of modules; name another folder.")


def _write(modules, found, folder):
    from modzoo import plots

    masks = modules.masks
    sites = dict.fromkeys(name for own in masks.values() for name in own)
    pictures = {
        "units": plots.draw_units(
            modules.labels,
            {
                site: {label: own[site].mean(0) for label, own in masks.items() if site in own}
                for site in sites
            },
        ),
        "overlap": plots.draw_overlap(modules.labels, modules.overlap()),
    }
    if found.get("curve"):
        pictures["curve"] = plots.draw_removal(found["curve"], found)
    for name, figure in pictures.items():
        save_figure(figure, folder / f"{name}.png")
    with whole_file(folder / REPORT) as path:
        path.write_text(_markdown(found, pictures), encoding="utf-8")


def _markdown(found, pictures):
    metric, scale = METRICS[found["metric"]], points(found["metric"])
    unit = " in per cent" if scale == 100 else ""
    lines = [
        TITLE,
        "",
        f"{found['modules']} modules, {found['examples']:,} examples, {metric}{unit}.",
        "",
    ]
    has_sizes = any("parameters" in row for row in found["classes"].values())
    header = ["label", "examples", "modules together", "network", "difference", "units kept"]
    header += ["weights of the module cut out"] * has_sizes
    lines += [f"| {' | '.join(header)} |", f"|---{'|---:' * (len(header) - 1)}|"]
    overall = {**found, "parameters": None}
    for label, row in [("**all**", overall), *found["classes"].items()]:
        cells = [
            _cell(label),
            f"{row['examples']:,}",
            _written(row["composition"], scale),
            _written(row["monolith"], scale),
            _written(row["difference"], scale, "+.1f"),
            _written(row["share_kept"], 100),
        ]
        if has_sizes:
            size = row.get("parameters")
            cells.append("" if size is None else f"{size:,}")
        lines.append(f"| {' | '.join(cells)} |")
    if "cut" in found:
        lines += ["", _in_words(found["cut"])]
    for name in pictures:
        lines += ["", PICTURES[name], "", f"![{PICTURES[name]}]({name}.png)"]
    return "\n".join(lines) + "\n"


def _cell(label):
    """A label in a row of a table, whatever is in it."""
    text = "".join(c if c.isprintable() else " " for c in shortened(label))
    return text.replace("|", "\\|")


def _written(value, scale, form=".1f"):
    return "" if value is None else format(scale * value, form)


def _in_words(cut):
    size = cut["parameters"] / cut["network_parameters"]
    speed = cut["examples_per_second"] / cut["network_examples_per_second"]
    return (
        f"The module of {quoted(cut['label'])}, cut out, has {size:.0%} of the network's weights "
        f"and reads {speed:.2f} times as many examples a second."
    )
