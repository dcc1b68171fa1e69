"""What stands for a large answer. This file's text goes into programs, which may have names of their own for anything:
annotations are text, and built-in functions are asked for.
"""


def sha256_of_answer(answer: "object") -> "str | None":
    """Of the answer's `repr`; of an integer in hexadecimal, since a million decimal digits take seconds.

    A list may hold whole numbers as floats: Python says that they are equal to the integers. None for other types.
    """
    import builtins as own
    import hashlib

    if own.type(answer) not in (own.int, own.str, own.list, own.tuple, own.dict):
        return None
    if own.isinstance(answer, own.list):
        answer = [own.int(item) if own.type(item) is own.float and item.is_integer() else item for item in answer]
    text = own.hex(answer) if own.isinstance(answer, own.int) else own.repr(answer)
    return hashlib.sha256(text.encode()).hexdigest()
