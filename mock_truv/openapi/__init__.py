"""The OpenAPI document of everything served below ``/v1``, made from the operations and their types.

Nothing is described a second time: keys, types, enumerations and marks come from ``api/shapes`` and ``api/bodies``,
paths from the operations, examples from a run of the machine itself (``tour``).
"""
