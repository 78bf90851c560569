"""The providers that are installed, as the environment configures them."""
