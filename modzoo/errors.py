import importlib.util


class CallError(ValueError):
    """The call was wrong: a flag, a name, or data, a run or a preset that cannot be read.

    Its message is one sentence for the person who called: what was read, where (file and
    line), and what to do. The command line prints it and ends with exit code 2.
    """


def some_of(names, most=10):
    """Names for a sentence, of which many are counted: `a, b, c and 4,312 more`."""
    names = [shortened(str(name)) for name in names]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def quoted(text):
    """What a file holds, in quotes, for a sentence; a long text is cut."""
    return repr(shortened(text))


def shortened(text, most=80):
    return text if len(text) <= most else f"{text[:most]}..."


def missing_packages(names):
    """Those of the packages that are not installed."""
    return [name for name in names if importlib.util.find_spec(name) is None]
