from modzoo.data.glue import load_glue
from modzoo.data.intent_grammar import generate_requests
from modzoo.data.tables import LayoutError
from modzoo.data.text_table import holds_text_tables, load_text_table
from modzoo.errors import CallError


def load_judged(
    data,
    split=None,
    text_column=None,
    label_column=None,
    pair_column=None,
    skip_unlabelled=False,
):
    """Texts or pairs to be judged: a task of GLUE, a csv or tsv, or generated requests.

    Args:
        data: The data folder, or the csv or tsv file. None: generated.
        split: Name of the split. None: the last labelled one.
        text_column: Name of the column of texts in a csv or tsv. Default: `"text"`.
        label_column: Name of the column of labels. Default: `"label"`.
        pair_column: Name of the column of a pair's second text. Default: texts are single.
        skip_unlabelled: Whether rows of a csv or tsv without a label are left out.

    Returns:
        `modzoo.data.examples.TextExamples`.
    """
    if data is None:
        return generate_requests(split or "test")
    try:
        if text_column or label_column or pair_column or holds_text_tables(data):
            columns = text_column or "text", label_column or "label"
            return load_text_table(data, split, *columns, skip_unlabelled, pair_column)
        return load_glue(data, split)
    except LayoutError as error:
        raise CallError(
            f"{error} Tables of your own are read with --text-column, --label-column and, for "
            "pairs, --pair-column."
        ) from error
