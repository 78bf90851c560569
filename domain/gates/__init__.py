"""Quality gates: what of an answer is refused as suspicious where a provider or a series is set so."""
