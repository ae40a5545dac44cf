"""What a person reads in a figure."""

from matplotlib.text import Text


def seen(figure):
    """The texts of a figure that are drawn, each with its box in pixels."""
    figure.draw_without_rendering()
    hidden = {id(label) for ax in figure.axes for label in _hidden_labels(ax)}
    return [
        (text, text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]


def _hidden_labels(ax):
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not ax.axison or not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


def texts(figure):
    return [text.get_text() for text, _ in seen(figure)]
