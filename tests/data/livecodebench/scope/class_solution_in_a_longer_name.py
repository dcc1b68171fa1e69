class SolutionOfToday:
    def double(self, number):
        return 2 * number

print(SolutionOfToday().double(int(input())))
