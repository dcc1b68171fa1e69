import os

text = b""
while part := os.read(0, 65536):
    text += part
print(sum(map(int, text.split())))
