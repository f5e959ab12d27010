"""The journal: every command with the digest of its outcome. It is the truth; replaying it rebuilds the world."""
