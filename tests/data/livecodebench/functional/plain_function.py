def double(numbers: List[int]) -> List[int]:
    return [2 * number for number in numbers]
