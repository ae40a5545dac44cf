"""What the modules of a model did, as pictures."""

from modzoo.lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        "draw_ablation": "ablation",
        "draw_activity": "activity",
        "draw_common_tokens": "token_competition",
        "draw_competition": "competition",
        "draw_confusion": "confusion",
        "draw_enhancement": "enhancement",
        "draw_gate_correlation": "correlation",
        "draw_gates": "gates",
        "draw_history": "history",
        "draw_modules": "modules",
        "draw_overlap": "overlap",
        "draw_probes": "probes",
        "draw_removal": "removal",
        "draw_routes": "routes",
        "draw_sides": "competition",
        "draw_source_activity": "source_activity",
        "draw_token_competition": "token_competition",
        "draw_units": "units",
    },
)
