"""What runs inside a worker: a program in one process, its tests in another, and what confines them."""
