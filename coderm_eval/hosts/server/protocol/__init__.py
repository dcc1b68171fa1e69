"""The part of OpenAI's HTTP API that evaluation harnesses use, for every server of this project.

GET  /v1/models
POST /v1/chat/completions
POST /v1/completions
"""
