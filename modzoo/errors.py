class CallError(ValueError):
    """The call was wrong: a flag, a name, or data, a run or a preset that cannot be read.

    Its message is one sentence for the person who called: what was read, where (file and
    line), and what to do. The command line prints it and ends with exit code 2.
    """
