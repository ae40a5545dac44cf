"""A recipe trained with several settings, several seeds each, and what they make of a figure."""
