"""What classifiers of texts share whose words knowledge sources annotate: a multi-input RIM."""
