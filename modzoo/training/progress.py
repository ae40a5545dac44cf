import sys


class Progress:
    """Shows how far long work is, and the time left, on standard output: a bar, or a line at the
    end where nobody watches. It is a function `(done, total, text)`."""

    def __init__(self):
        self.text = None

    def __call__(self, done, total, text):
        import keras

        if text != self.text:
            print(f"{text} ...")
            self.text = text
            self.bar = keras.utils.Progbar(total, verbose=1 if sys.stdout.isatty() else 2)
        self.bar.update(done)
