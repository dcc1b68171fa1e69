"""Language models: at a server with OpenAI's API, or in this process."""
