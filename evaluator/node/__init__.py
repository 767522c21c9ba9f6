"""A node: a machine that runs systems for the platform, one at a time, and knows nothing else.

It is woken through a broker of its own, asks the platform over HTTP for the next run that it fits,
and reports back. No reference, no database and no storage credential ever reaches it.

Only `app` needs Celery; `images` and `work` need the Docker SDK once they reach for an engine.
"""
