import json

from modzoo.errors import CallError, quoted
from modzoo.files import read_bytes

LARGEST = 2**26  # bytes, since what JSON describes takes some twenty times as many
NEAR = 20  # characters of a text, for an error


def read_json(path):
    """The value in a JSON file, UTF-8.

    Raises:
        CallError: If the file cannot be read, or is no JSON; it names file and line. If a text in
            it cannot be written, see `require_text`.
    """
    content = read_bytes(path)
    if len(content) > LARGEST:
        raise CallError(f"{path} holds more than {LARGEST:,} bytes, which is no file to be read.")
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CallError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; convert the "
            "file to UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise CallError(
            f"{path}, line {error.lineno}: {error.msg}, so it is no JSON; get it again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise CallError(f"{path}: {error}, which is no JSON to be read.") from error
    require_text(value, path)
    return value


def require_text(value, source):
    """Raises unless all strings of a JSON value can be written: by its escapes a string of JSON may
    hold one half of a character alone."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half, start = error.object[error.start], max(0, error.start - NEAR)
        raise CallError(
            f"{source}: {half!r} is half a character alone, in "
            f"{quoted(error.object[start : error.start + NEAR])}; mend or remove it."
        ) from error
    except RecursionError as error:
        raise CallError(f"{source}: {error}, which is no JSON to be read.") from error
