"""Where programs are run: on the nodes of a Ray cluster, each with a local executor of its own.

tasks       what is asked and kept as a whole, and what passes between driver and nodes
ledger      who gets which tasks next, and what becomes of those whose node was lost; knows no Ray
agreement   which nodes may work together
cluster     the connection, and the nodes that are there
actor       what runs on a node
node        one node as the driver sees it
fleet       all of them: those that come, those that go
executor    the executor, which puts these together
"""
