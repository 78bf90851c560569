"""The storage of vintages' observations: blocks of bytes in chains."""
