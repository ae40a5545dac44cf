from modzoo.decomposition.label_names import require_different
from modzoo.decomposition.masked_cell import REMOVALS
from modzoo.decomposition.module_set import ModuleSet
from modzoo.decomposition.network import Network
from modzoo.decomposition.observed import Targets, checked_inputs, require_ids
from modzoo.decomposition.removing import SHARES, Trial, smallest_masks
from modzoo.decomposition.rules import RULES, masks_by
from modzoo.decomposition.study import Study
from modzoo.errors import CallError, quoted, some_of

MODES = ("rolled", "unrolled")
MOST = 1000  # positives of a label that are observed


def decompose(
    model,
    data,
    labels=None,
    only=None,
    groups=None,
    mode="rolled",
    max_removed=0.2,
    share=None,
    removal="mask",
    rule="effect",
    held_back=None,
    max_positives=200,
    vocabulary=None,
    seed=0,
    progress=None,
):
    """Takes a trained recurrent network apart into modules, one a label, without training.

    A module is the network without the units of its recurrent layers that its label needs least,
    and with its label's output set against the mean of the others. Each unit gets a score from
    examples of the label and as many of other labels, and of each layer those of the least scores
    go:

        "effect"      the turn in which it goes, if in each that unit does with which the mean
                      square of the sum of e over all that has gone is least. The effect e of a unit
                      on an example is ds/dm, with s the margin of the label and m the unit's mask:
                      the mean of that with all units and of that without the half that goes first
        "tendency"    the paper's: the mean |h| on positives less that on negatives, without
                      outliers, where it is below 0; ReLU units that are never above 0
        "random"      chance, to compare with

    `mode="rolled"` has one mask for all steps, `"unrolled"` one for each step.

    Args:
        model: A functional or Sequential `keras.Model` of SimpleRNN, LSTM, GRU (and Bidirectional
            of these) between other layers of Keras, that ends in a Dense layer with a column for
            each label: softmax, logits or, where an example has several labels, sigmoid. An output
            a step is labelled step by step.
        data: Pair of `x`, an array or a list of arrays as the model reads them, and `y`, see
            `Targets`.
        labels: List of the names of all outputs. Default: their numbers.
        only: List of the names of which modules are made. Default: all.
        groups: List of a name an example, for an encoder and a decoder: a module for each group,
            such as a language. Decoders alone lose units and the head stays as it is; what is
            explained is the log-probability of `y`. There units are rated one by one, by the mean
            of e^2, and those that are left anew when some are gone, two in a hundred at a time:
            what is written hangs on all earlier steps, and effects do not add up.
        mode: `"rolled"` or `"unrolled"`.
        max_removed: Float in `[0, 1)`, the share of a layer's units that go at most.
        share: `"auto"` for the smallest modules that together lose at most a point on `held_back`,
            layer by layer, in the place of `max_removed`.
        removal: What a removed unit does: `"mask"`, its states are 0, or `"zero_weights"`, see
            `MaskedCell`.
        rule: `"effect"`, `"tendency"` or `"random"`.
        held_back: Pair of `x` and `y`, and `groups` where there are some, as `data` but of other
            examples, for `share="auto"`.
        max_positives: Integer in `[1, 1000]`, how many examples of a label are observed.
        vocabulary: List of words in the order of the ids in `x`, 0 padding and 1 unknown words,
            by which sets of modules are merged.
        seed: Integer, which examples are observed.
        progress: Function `(done, total, text)` that is called as the work goes on.

    Returns:
        `ModuleSet`.

    Raises:
        CallError: If the model cannot be taken apart, the data do not fit it, a label has no
            positive example or an option is unknown.

    Reference:
    - Pan and Rajan, Decomposing a Recurrent Neural Network into Modules for Enabling Reusability
      and Replacement
    """
    study = study_of(
        model, data, labels, only, groups, mode, removal, max_positives, vocabulary, seed, progress
    )
    require_known("rule", rule, RULES)
    require_share("max_removed", max_removed)
    if share not in (None, "auto") or (share == "auto" and held_back is None):
        raise CallError(
            f"share is None or 'auto', and 'auto' needs held_back; received {share!r}, held_back "
            f"{'given' if held_back else 'None'}."
        )
    scores = study.scores(rule, max(SHARES) if share == "auto" else max_removed)
    if share == "auto":
        whole = ModuleSet(study.modules(study.whole), vocabulary)
        masks = smallest_masks(Trial(whole, *held_back), scores)
    else:
        masks = {site: masks_by(each, max_removed) for site, each in scores.items()}
    return ModuleSet(study.modules(masks), vocabulary)


def study_of(
    model, data, labels, only, groups, mode, removal, max_positives, vocabulary, seed, progress=None
):
    """The `Study` of a model and data; arguments and errors as of `decompose`."""
    require_known("mode", mode, MODES)
    require_known("removal", removal, REMOVALS)
    if not 1 <= max_positives <= MOST:
        raise CallError(f"max_positives is from 1 to {MOST:,}, received {max_positives}.")
    network = Network(
        model,
        is_translator=groups is not None,
        is_rolled=mode == "rolled",
        removal=removal,
        vocabulary=None if vocabulary is None else tuple(vocabulary),
    )
    x, targets = checked_data(network, data, groups)
    names, columns = _chosen(targets, labels, only)
    return Study(network, x, targets, names, columns, max_positives, seed, progress)


def require_known(name, value, known):
    if value not in known:
        raise CallError(f"There is no {name} {value!r}; there is: {', '.join(known)}.")


def require_share(name, share):
    if not 0 <= share < 1:
        raise CallError(f"{name} is a share in [0, 1), received {share}.")


def checked_data(network, data, groups=None):
    """The arrays that a network reads, as a list, and their `Targets`; raises where they do not
    fit."""
    x, y = data
    arrays = checked_inputs(network.model, x)
    require_ids(network.anatomy, arrays)
    targets = Targets(network.anatomy, y, groups)
    if len(targets.y) != len(arrays[0]):
        raise CallError(
            f"x and y have as many examples, received {len(arrays[0]):,} and {len(targets.y):,}."
        )
    return arrays, targets


def _chosen(targets, labels, only):
    """Names and columns of the modules that are wanted."""
    size = targets.anatomy.num_outputs
    if targets.names is not None:
        labels = targets.names
    elif labels is None:
        labels = [str(i) for i in range(size)]
    labels = [str(label) for label in labels]
    if targets.names is None and len(labels) != size:
        raise CallError(f"The model has {size} outputs, received {len(labels)} labels.")
    names = labels if only is None else [str(name) for name in only]
    if not names:
        raise CallError("`only` names a label at least, received none.")
    require_different(names)
    unknown = [name for name in names if name not in labels]
    if unknown:
        raise CallError(
            f"There are no labels {some_of(map(quoted, unknown))}; there are: {some_of(labels)}."
        )
    return names, [labels.index(name) for name in names]
