"""The job engine: the database is the record, Celery does the work.

A slice registers coroutines with `handler`, writes a job with `submit` in its own transaction, and hands it to the
`Dispatcher` after the commit. Everything else (claims, leases, retries, death, the end of a job) is the engine's.
"""
