"""
The inside of lanner: what a time series, a vintage and a fetch are, and what can be asked of them.

::

        who talks to us                  inside                     what we talk to
    ┌──────────────────────┐   ┌───────────────────────────┐   ┌────────────────────────┐
    │ entrypoints/rest     │   │ domain/use_cases  (verbs) │   │ adapters/providers     │
    │ entrypoints/worker   │──▶│ domain/*          (nouns) │◀──│ adapters/memory        │
    │ entrypoints/cli      │   │ domain/ports/            │   │ adapters/sql           │
    └──────────────────────┘   └───────────────────────────┘   │ adapters/celery_…      │
                                             ▲                 └────────────────────────┘
                                   config/ ties the knot

Arrows are imports: this package imports the standard library and numpy, nothing else.
"""
