from collections import Counter

from modzoo.errors import CallError, some_of


def split_names(text, known):
    """The names in a text with commas between them, of which a known one may hold some, too."""
    pieces, names = text.split(","), []
    while pieces:
        heads = (",".join(pieces[:count]) for count in range(len(pieces), 0, -1))
        name = next((head for head in heads if head in known), pieces[0])
        names.append(name)
        pieces = pieces[name.count(",") + 1 :]
    return names


def require_different(names):
    """Raises unless the names of modules differ."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise CallError(f"The labels of modules differ, received twice: {some_of(twice)}.")
