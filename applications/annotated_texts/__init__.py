"""What classifiers of texts share whose words knowledge sources annotate: a multi-input RIM.

An application of such texts has these names and this layout of weights, and adds its own.
"""

LAYOUT = {
    "(token|category)_embedding/embeddings": (None, "model"),
    "rim/(key|value)_kernel": (None, "model"),
    "rim/query_kernel": (None, None, "model"),
    "rim/(lstm|gru|simple_rnn)_(recurrent_)?kernel": (None, None, "model"),
    "rim/communication_(query|key|value)_kernel": (None, None, "model"),
}
NAMES = {
    "AnnotatedWordDropout": "..annotated_texts.word_dropout",
    "CategoryEmbedding": "..annotated_texts.category_embedding",
    "Options": "..annotated_texts.settings",
    "adam": "..annotated_texts.language_model",
    "cut_remarks": "..annotated_texts.inference",
    "draw": "..annotated_texts.inference",
    "draw_inspection": "..annotated_texts.inspection",
    "explain": "..annotated_texts.inference",
    "inspect": "..annotated_texts.inspection",
    "inspection_lines": "..annotated_texts.inspection",
    "parts": "..annotated_texts.inference",
    "predict": "..annotated_texts.inference",
    "save_plots": "..annotated_texts.inference",
    "without": "..annotated_texts.inference",
}
