"""What stands for a large answer. This file's text goes into programs, and takes no name there but the function's."""


def sha256_of_answer(answer: object) -> str:
    """Of the answer's `repr`; of an integer in hexadecimal, since a million decimal digits take seconds.

    A list may hold whole numbers as floats: Python says that they are equal to the integers.
    """
    import hashlib

    if type(answer) is list:
        answer = [int(item) if type(item) is float and item.is_integer() else item for item in answer]
    text = hex(answer) if type(answer) is int else repr(answer)
    return hashlib.sha256(text.encode()).hexdigest()
