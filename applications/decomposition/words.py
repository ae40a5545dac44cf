from modzoo.knowledge import Tokens

STYLE = "reviews"


def prepared_tokens(vocabulary):
    """The `modzoo.knowledge.Tokens` of a vocabulary, ready to give ids."""
    tokens = Tokens(vocabulary)
    tokens.prepare(STYLE)
    return tokens
