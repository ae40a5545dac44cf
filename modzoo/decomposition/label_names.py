def split_names(text, known):
    """The names in a text with commas between them, of which a known one may hold some, too."""
    pieces, names = text.split(","), []
    while pieces:
        heads = (",".join(pieces[:count]) for count in range(len(pieces), 0, -1))
        name = next((head for head in heads if head in known), pieces[0])
        names.append(name)
        pieces = pieces[name.count(",") + 1 :]
    return names
