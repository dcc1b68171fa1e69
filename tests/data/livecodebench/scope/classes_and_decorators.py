from dataclasses import dataclass
from functools import lru_cache

@dataclass
class Step:
    size: int

@lru_cache(maxsize=None)
def reached(n):
    return reached(n - 1) + steps[n - 1].size if n else 0

steps = [Step(int(input())) for _ in range(int(input()))]
print(reached(len(steps)))
