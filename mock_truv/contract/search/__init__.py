"""Find plans under which a clause breaks, and the smallest of them."""
