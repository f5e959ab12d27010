"""The HTTP shell: from bytes on a socket to a command, and from an answer to bytes."""
