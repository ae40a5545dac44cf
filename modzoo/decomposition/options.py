from dataclasses import dataclass

from modzoo.training.settings import Checked, setting

MODES = ("rolled", "unrolled")
RULES = ("effect", "tendency", "random")
REMOVALS = ("mask", "zero_weights")


@dataclass(frozen=True)
class DecompositionOptions(Checked):
    """How a network is taken apart, as flags."""

    mode: str = setting("rolled", "a mask for all steps (rolled) or one a step (unrolled)")
    rule: str = setting("effect", f"which units go: {', '.join(RULES)}")
    max_removed: float = setting(0.2, "largest share of a layer's units that a module lacks")
    smallest: bool = setting(False, "remove as many as a point of held-back accuracy allows")
    removal: str = setting("mask", f"what is left of a removed unit: {', '.join(REMOVALS)}")

    def __post_init__(self):
        super().__post_init__()
        self.require_one_of(MODES, "mode")
        self.require_one_of(RULES, "rule")
        self.require_one_of(REMOVALS, "removal")
        self.require_shares("max_removed")

    def arguments(self, held_back):
        """Those of `decompose`; `held_back`: examples on which `smallest` measures."""
        options = {key: getattr(self, key) for key in ("mode", "rule", "max_removed", "removal")}
        if self.smallest:
            options |= {"share": "auto", "held_back": held_back}
        return options
