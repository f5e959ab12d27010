"""What mock-truv and a description of Truv's API, or a running service, do differently.

Our side is the OpenAPI document that is generated from our own types. Nothing here is on the server's import path.
"""
