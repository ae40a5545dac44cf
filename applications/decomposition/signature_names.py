import re

MOST = 32  # modules with a signature of their own


def module_signatures(model):
    """Names of the signatures of the first modules."""
    names = [f"module_{re.sub('[^A-Za-z0-9]', '_', label)}" for label in model.module_labels[:MOST]]
    return [f"{n}_{i}" if names.count(n) > 1 else n for i, n in enumerate(names)]
