import resource

resource.getrlimit(resource.RLIMIT_STACK)
print(2 * int(input()))
