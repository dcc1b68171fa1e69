"""Be the model: a server that answers each request with the best of N answers of a policy.

sampling      how a request's answers are drawn
best_of_n     one request, from its prompt to its answers in order
ranking       what is known of a request's answers, and their order
replies       what a client is told
desk          many requests at once: each is worked on once, and too many are turned away
app           the web application

Nothing here reaches a benchmark, a gold test or a grade.
"""
