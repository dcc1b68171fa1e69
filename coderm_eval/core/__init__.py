"""The parts that all stages share: the nouns, the protocols, errors, files and the store."""
