# no class Solution here
print(2 * int(input()))
