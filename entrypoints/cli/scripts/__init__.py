"""Reading scripts without running them: their Quandl calls, and the codes in them as far as they can be known."""
