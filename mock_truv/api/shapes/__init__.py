"""What the API answers, as types: the one place where the keys of every object stand.

Answers are made of them; the OpenAPI document and the manual describe them.
"""
