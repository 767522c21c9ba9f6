"""A node: a machine that runs systems for the platform, one run at a time.

It is woken through a broker of its own, asks the platform over HTTP for a run that fits it, and
reports the result. No reference, no database and no storage credential ever reaches it.

Only `app`, `brokers` and `readiness` need Celery; `machine` and `work` need the Docker SDK when
they connect to an engine.
"""
