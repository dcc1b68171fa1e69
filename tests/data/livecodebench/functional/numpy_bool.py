import numpy as np

class Solution:
    def is_long(self, text):
        return np.int64(len(text)) > 4
