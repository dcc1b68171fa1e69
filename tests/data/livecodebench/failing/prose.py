The number is read and doubled, so the answer is 8.
