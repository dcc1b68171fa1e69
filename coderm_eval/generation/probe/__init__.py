"""The paper's difficulty probe: a small network that predicts a problem's pass rate from a model's hidden state.

    hidden_states    prompts -> states, by transformers in this process
    embeddings       prompts -> states, from a server
    features         the file of states, and what model and problems they are of
    probe            the file of a probe; training and prediction
    holdout          cross-validation
    network          the network and how it is fitted
    tensors          files of tensors
    libraries        what the extra `probe` installs

The commands are in coderm_eval/cli/probe.py.
"""
