"""Names of the base models, the sharing mechanisms and the routings of `MultiTaskRNN`."""

BASES = (
    "ns_mtl",
    "fs_mtl",
    "sp_mtl",
    "cross_stitch",
    "sluice",
    "girnet",
    "dc_mtl",
    "ic_mtl",
    "rrn",
)
ROUTED = ("rrn_rmn", "mt_rmn")
SHARINGS = ("none", "dc_mtl", "ic_mtl", *ROUTED)
ROUTINGS = ("learned", "all", "random")
