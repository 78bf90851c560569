"""
The domain: time series, vintages and fetches, and the use cases over them.

::

driving adapters                 domain                     driven adapters
    ┌──────────────────────┐   ┌───────────────────────────┐   ┌────────────────────────┐
    │ entrypoints/rest     │   │ domain/use_cases  (verbs) │   │ adapters/providers     │
    │ entrypoints/worker   │──▶│ domain/*          (nouns) │◀──│ adapters/memory        │
    │ entrypoints/cli      │   │ domain/ports/             │   │ adapters/sql           │
    └──────────────────────┘   └───────────────────────────┘   │ adapters/celery_…      │
                                             ▲                 └────────────────────────┘
                                   config/ wires them

Arrows are imports: this package imports the standard library and numpy, nothing else.
"""
