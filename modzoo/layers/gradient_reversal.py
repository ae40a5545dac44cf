from keras import ops


def reverse_gradient(x):
    """`x`, with the negative of its gradient on the way back (Ganin and Lempitsky, 2015)."""
    return ops.stop_gradient(2 * x) - x
