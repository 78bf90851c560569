"""Reading what is large in a process apart."""
