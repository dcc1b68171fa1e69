"""Language models: on a server with OpenAI's API, or in this process."""
