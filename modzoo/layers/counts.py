"""What is checked of counts and weights."""


def check_counts(**counts):
    """Raises where one of the `counts`, by name, is not a positive integer."""
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")


def check_weight(name, value):
    """Raises where the weight of a loss, called `name`, is negative or not a number."""
    if not value >= 0:
        raise ValueError(f"`{name}` must not be negative. Received: {name}={value}.")
