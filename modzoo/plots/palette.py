"""The colours of the drawings, by names."""

# Words and frames.
INK = "#1d2733"
EDGE = "#d5dae1"
GRID = "#eef0f3"

# What is drawn, and the pale ones for what stays behind.
BLUE = "#33506e"
RED = "#c8553d"
GREEN = "#135f53"
OCHRE = "#b08a3e"
PURPLE = "#7a5a86"
SLATE = "#5c6b7a"
NIGHT = "#14202e"
PALE_BLUE = "#c3cddb"
MIST = "#f7f8fa"
CREAM = "#f7f4ee"

LINES = (BLUE, RED, GREEN, OCHRE, PURPLE, SLATE)  # one after the other, in one picture
