"""Programs that read servables and share no Python with Keras and modzoo: see `__main__`."""
