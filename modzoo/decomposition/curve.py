from modzoo.decomposition.decomposing import require_known, require_share, study_of
from modzoo.decomposition.module_set import ModuleSet
from modzoo.decomposition.removing import SHARES, Trial, curve_of
from modzoo.decomposition.rules import RULES


def removal_curve(
    model,
    data,
    held_back,
    labels=None,
    only=None,
    groups=None,
    mode="rolled",
    removal="mask",
    max_positives=200,
    shares=SHARES,
    rules=RULES,
    seed=0,
    progress=None,
):
    """How right modules are together, the more units they lack.

    Args:
        model, data, labels, only, groups, mode, removal, max_positives, seed, progress: As of
            `decompose`.
        held_back: Pair of `x` and `y`, and `groups` where there are some, on which compositions are
            marked.
        shares: List of floats in `[0, 1)`, the shares of a layer's units that go at most.
        rules: List of rules, see `decompose`.

    Returns:
        List of dictionaries, for each rule one without removal and one for each share: `"rule"`,
        `"share"`, `"removed"`, the mean share of units that did go, and `"metric"` and
        `"composition"`, as `ModuleSet.evaluate` gives them.

    Raises:
        CallError: As `decompose`.
    """
    for rule in rules:
        require_known("rule", rule, RULES)
    for share in shares:
        require_share("shares", share)
    study = study_of(
        model, data, labels, only, groups, mode, removal, max_positives, None, seed, progress
    )
    trial = Trial(ModuleSet(study.modules(study.whole)), *held_back)
    return curve_of(trial, study, shares, rules)
