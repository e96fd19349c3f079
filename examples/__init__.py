"""Examples: programs that embed stentor."""
