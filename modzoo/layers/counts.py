"""What is checked of counts, widths and numbers of layers."""


def check_counts(**counts):
    """Raises where one of the `counts`, by name, is not a positive integer."""
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
