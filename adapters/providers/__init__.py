"""The providers: a module or a package each, found by themselves."""
