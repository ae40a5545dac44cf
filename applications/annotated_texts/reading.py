from modzoo.data.tables import LayoutError
from modzoo.data.text_table import holds_text_tables, load_text_table
from modzoo.errors import CallError


def load_texts(data, split, own, load_published, generate):
    """Labelled texts of a published set, of a table of one's own, or generated.

    Args:
        data: The data folder, or the csv or tsv file. None: generated.
        split: Name of the split. None: the last labelled one.
        own: Of a csv or tsv the name of the column of texts, by default `"text"`, of that of
            labels, by default `"label"`, and whether rows without a label are left out.
        load_published: Function of folder and split.
        generate: Function of the split.

    Returns:
        `modzoo.data.examples.TextExamples`.
    """
    if data is None:
        return generate(split)
    try:
        if any(own) or holds_text_tables(data):
            text_column, label_column, skip = own
            return load_text_table(
                data, split, text_column or "text", label_column or "label", skip
            )
        return load_published(data, split)
    except LayoutError as error:
        raise CallError(
            f"{error} Tables of your own are read with --text-column and --label-column."
        ) from error
