"""How the observations of vintages are stored: blocks of bytes in chains."""
