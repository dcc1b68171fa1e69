"""The paper's difficulty probe: a small network that reads a problem's pass rate off a model's hidden state.

commands         coderm-eval probe features, train, predict
  hidden_states    prompts -> states, from transformers in this process
  pooling          prompts -> states, from a server's embeddings
  features         the file of states; what they are of
  saved            the file of a probe; training and using one
    holdout          what a probe is worth on problems that it has not seen
      network          the network and how it is fitted
"""
