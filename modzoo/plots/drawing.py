import io

from matplotlib.figure import Figure


class Drawing(Figure):
    """A figure that a notebook shows where it is the last value of a cell."""

    def _repr_png_(self):
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=100, bbox_inches="tight", facecolor="white")
        return file.getvalue()
