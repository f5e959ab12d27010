"""What Truv's API answers under ``/v1/``: operations, bodies, errors, pages. Pure: a request in, an answer out."""
