import sys


def read_splits(read):
    """Reads what a recipe trains on, before it trains, and prints how much each split holds.

    Args:
        read: Function of a split's name, None for the last labelled one, that returns its
            examples: a container that offers `split`, its name, `summary`, how much of what it
            holds, and `remarks`, sentences on what was left out.

    Returns:
        List of the examples for training, validation and test.
    """
    parts = [read(split) for split in ("train", "validation", None)]
    for examples in parts:
        print(f"{examples.split}: {examples.summary}", file=sys.stderr)
    for remark in dict.fromkeys(remark for examples in parts for remark in examples.remarks):
        print(remark, file=sys.stderr)
    return parts
