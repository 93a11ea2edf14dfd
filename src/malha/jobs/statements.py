"""The ledger's SQL. Every statement locks parts before jobs, and jobs by id: two of them never wait for each other.

Times that are kept come from `clock_timestamp()`: in a long transaction `now()` is when that began. What an index is
searched with is `statement_timestamp()`, which does not change within the statement.
"""

from __future__ import annotations

from typing import LiteralString

CLAIM: LiteralString = """
-- Locks those of the named parts that wait; what another worker has locked is that one's, nobody waits here.
WITH named AS MATERIALIZED (
    SELECT p.job_id, p.no, p.attempts FROM job_parts p
    JOIN unnest(%(jobs)s::uuid[], %(firsts)s::int[], %(lasts)s::int[]) AS w(job_id, first, last)
      ON p.job_id = w.job_id AND p.no BETWEEN w.first AND w.last
    WHERE p.state = 'queued' AND p.run_after <= statement_timestamp()
    LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED
-- Fills a batch with fresh parts of the kind, the most urgent first; beside a part that has failed nothing travels.
), ahead AS MATERIALIZED (
    SELECT p.job_id, p.no FROM job_parts p
    WHERE %(limit)s > 1 AND p.kind = %(kind)s AND p.state = 'queued' AND p.run_after <= statement_timestamp()
      AND p.attempts = 0 AND NOT EXISTS (SELECT FROM named WHERE attempts > 0)
    ORDER BY p.priority DESC, p.run_after
    LIMIT greatest(%(limit)s - (SELECT count(*) FROM named), 0) FOR UPDATE SKIP LOCKED
-- Both are locked by now: counts the attempt before it is made, and gives out the fence that the settlement must show.
), claimed AS (
    UPDATE job_parts p
    SET state = 'running', attempts = p.attempts + 1, fence = p.fence + 1, sends = 0,
        lease_until = clock_timestamp() + make_interval(secs => %(lease)s), holder = %(holder)s
    FROM (SELECT job_id, no FROM named UNION SELECT job_id, no FROM ahead) AS c
    WHERE p.job_id = c.job_id AND p.no = c.no
    RETURNING p.job_id, p.no, p.input, p.attempts, p.fence
-- Locks only the jobs that this claim starts: the others are read, and no worker waits for another's claim.
), starting AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT job_id FROM claimed) AND state = 'queued' ORDER BY id FOR UPDATE
), started AS (
    UPDATE jobs j
    SET state = 'running', started_at = coalesce(j.started_at, clock_timestamp()), updated_at = clock_timestamp(),
        event_seq = j.event_seq + 1
    FROM starting s WHERE j.id = s.id
    RETURNING j.id, j.event_seq
-- The job's row is locked, so its log gets its numbers without gaps.
), logged AS (
    INSERT INTO job_events (job_id, seq, type) SELECT id, event_seq, 'job.started' FROM started
)
SELECT c.job_id, c.no, c.input, c.attempts, c.fence, j.input AS job_input, j.workspace_id, j.owner_id, j.total,
       s.event_seq AS started_seq
FROM claimed c JOIN jobs j ON j.id = c.job_id LEFT JOIN started s ON s.id = c.job_id
ORDER BY c.job_id, c.no
"""

SETTLE: LiteralString = """
-- What became of each part, as the worker says.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(numbers)s::int[], %(fences)s::int[], %(states)s::text[],
                         %(delays)s::float8[], %(refunds)s::int[], %(errors)s::jsonb[], %(results)s::jsonb[],
                         %(spawned)s::int[])
      AS g(job_id, no, fence, state, delay, refund, error, result, spawned)
-- Locks the parts that still run under the fence they were claimed with; a stale worker's are not among them.
), held AS MATERIALIZED (
    SELECT g.*, p.attempts FROM job_parts p JOIN given g ON g.job_id = p.job_id AND g.no = p.no AND g.fence = p.fence
    WHERE p.state = 'running' ORDER BY p.job_id, p.no FOR UPDATE OF p
), tally AS MATERIALIZED (
    SELECT job_id, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'dead') AS dead,
           count(*)::int AS settled, count(error) AS failures, sum(spawned)::int AS spawned,
           (array_agg(result))[1] AS result, (array_agg(error) FILTER (WHERE state = 'dead'))[1] AS error
    FROM held GROUP BY job_id
-- Locks their jobs and, having waited, reads them as they are now: whether they are paused, and how they count.
), locked AS MATERIALIZED (
    SELECT id, state, max_running, done + failed AS ended, failed, total FROM jobs
    WHERE id IN (SELECT job_id FROM tally) ORDER BY id FOR UPDATE
-- A part that is to run again waits for its job when that is paused, or lets only so many run.
), settled AS (
    UPDATE job_parts p
    SET state = CASE WHEN h.state = 'queued' AND (l.state = 'paused' OR l.max_running IS NOT NULL) THEN 'held'
                     ELSE h.state END,
        run_after = CASE WHEN h.state = 'queued' THEN clock_timestamp() + make_interval(secs => h.delay)
                         ELSE p.run_after END,
        attempts = h.attempts - h.refund, error = h.error, lease_until = NULL, sent_at = NULL,
        fence = p.fence + CASE WHEN h.state = 'queued' THEN 1 ELSE 0 END,
        finished_at = CASE WHEN h.state = 'queued' THEN NULL ELSE clock_timestamp() END
    FROM held h JOIN locked l ON l.id = h.job_id
    WHERE p.job_id = h.job_id AND p.no = h.no
-- What the job comes to, with the parts that were added, and whether that is its end.
), judged AS (
    SELECT t.*, l.total + t.spawned AS total, l.failed + t.dead AS failed,
           %(closes)s AND l.ended + t.done + t.dead >= l.total + t.spawned AS is_over
    FROM tally t JOIN locked l ON l.id = t.job_id
), counted AS (
    UPDATE jobs j
    SET done = j.done + v.done, failed = v.failed, total = v.total, updated_at = clock_timestamp(),
        in_flight = CASE WHEN j.max_running IS NULL THEN 0 ELSE j.in_flight - v.settled END,
        event_seq = j.event_seq + CASE WHEN v.failures > 0 OR v.is_over THEN 1 ELSE 0 END,
        result = CASE WHEN v.total = 1 THEN coalesce(v.result, j.result) ELSE j.result END,
        state = CASE WHEN NOT v.is_over THEN j.state
                     WHEN v.failed = 0 THEN 'succeeded' WHEN v.failed >= v.total THEN 'failed' ELSE 'partial' END,
        error = CASE WHEN v.dead > 0 THEN v.error ELSE j.error END,
        finished_at = CASE WHEN v.is_over THEN clock_timestamp() END
    FROM judged v WHERE j.id = v.job_id
    RETURNING j.id, j.kind, j.total, j.done, j.failed, j.event_seq, j.workspace_id, j.owner_id, j.state, v.is_over,
              v.settled, v.spawned, v.failures > 0 OR v.is_over AS is_logged, j.max_running IS NOT NULL AS is_limited
), told AS MATERIALIZED (
    SELECT c.*, CASE WHEN c.is_over THEN 'job.' || c.state ELSE 'job.progress' END AS type,
           jsonb_strip_nulls(jsonb_build_object(
               'total', c.total, 'done', c.done, 'failed', c.failed, 'failures', (
                   SELECT jsonb_agg(jsonb_build_object(
                       'no', h.no, 'attempts', h.attempts - h.refund, 'state', h.state, 'error', h.error))
                   FROM held h WHERE h.job_id = c.id AND h.error IS NOT NULL))) AS data
    FROM counted c
-- Failures and ends are logged with what they tell of; plain progress is told at its own pace.
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, type, data FROM told WHERE is_logged
)
SELECT id AS job_id, kind, total, done, failed, event_seq AS seq, workspace_id, owner_id, type, data, settled,
       is_logged, spawned, is_limited
FROM told
"""

# The settlement before it, in the same transaction, has raised the job's total and holds the job's row: nobody else
# numbers parts of the job or moves it until the commit.
SPAWN: LiteralString = """
INSERT INTO job_parts (job_id, no, kind, priority, workspace_id, input, run_after, state, sent_at)
SELECT j.id, %(first)s + added.place - 1, j.kind, j.priority, coalesce(j.workspace_id, %(nobody)s), added.input,
       statement_timestamp(),
       CASE WHEN j.state = 'paused' OR j.max_running IS NOT NULL THEN 'held' ELSE 'queued' END,
       CASE WHEN j.state = 'paused' OR j.max_running IS NOT NULL THEN NULL ELSE statement_timestamp() END
FROM jobs j, unnest(%(inputs)s::jsonb[]) WITH ORDINALITY AS added(input, place)
WHERE j.id = %(job_id)s
"""

# Who moves a job (pause, cancel) sees the parts that are there when its statement begins: the lock keeps that and the
# adding of parts apart. It comes before any lock of a row.
PARTS_LOCK: LiteralString = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended('job parts ' || id, 0) AS key FROM unnest(%(jobs)s::uuid[]) AS id ORDER BY key
) AS keys
"""

RELEASE: LiteralString = """
-- Locks the limited jobs that have room: nobody else counts their parts until the commit.
WITH roomy AS MATERIALIZED (
    SELECT id, max_running - in_flight AS room FROM jobs
    WHERE id = ANY(%(jobs)s) AND state IN ('queued', 'running') AND in_flight < max_running ORDER BY id FOR UPDATE
-- Takes the lowest numbers whose time has come. A part that somebody has locked is left alone, since that one may wait
-- for the job; the relay comes by again.
), freed AS MATERIALIZED (
    SELECT p.job_id, p.no FROM roomy r CROSS JOIN LATERAL (
        SELECT job_id, no FROM job_parts
        WHERE job_id = r.id AND state = 'held' AND run_after <= statement_timestamp()
        ORDER BY no LIMIT r.room FOR UPDATE SKIP LOCKED
    ) p
), released AS (
    UPDATE job_parts p
    SET state = 'queued', sent_at = CASE WHEN %(sends)s AND p.attempts = 0 THEN statement_timestamp() END
    FROM freed f WHERE p.job_id = f.job_id AND p.no = f.no
    RETURNING p.job_id, p.no, p.kind, p.sent_at
), counted AS (
    UPDATE jobs j SET in_flight = j.in_flight + r.parts
    FROM (SELECT job_id, count(*) AS parts FROM released GROUP BY job_id) r WHERE j.id = r.job_id
)
SELECT kind, job_id, array_agg(no ORDER BY no) AS numbers FROM released WHERE sent_at IS NOT NULL GROUP BY kind, job_id
"""

TELL: LiteralString = """
-- Jobs that run and whose counters no entry of the log has. The last few entries say that, and whether another process
-- has told of the job just now.
WITH moved AS MATERIALIZED (
    SELECT j.id, EXISTS (
        SELECT FROM job_events e WHERE e.job_id = j.id AND e.seq > j.event_seq - 8 AND e.type = 'job.progress'
          AND e.data ? 'done' AND e.at > statement_timestamp() - make_interval(secs => %(every)s)) AS is_early
    FROM jobs j WHERE j.id = ANY(%(jobs)s) AND j.finished_at IS NULL AND NOT EXISTS (
        SELECT FROM job_events e WHERE e.job_id = j.id AND e.seq > j.event_seq - 8 AND e.type = 'job.progress'
          AND e.data @> jsonb_build_object('total', j.total, 'done', j.done, 'failed', j.failed))
-- No part is needed, so jobs are all that it locks.
), locked AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT id FROM moved WHERE NOT is_early) AND finished_at IS NULL
    ORDER BY id FOR UPDATE
), counted AS (
    UPDATE jobs j SET event_seq = j.event_seq + 1 FROM locked l WHERE j.id = l.id
    RETURNING j.id, j.kind, j.total, j.done, j.failed, j.event_seq, j.workspace_id, j.owner_id,
              jsonb_build_object('total', j.total, 'done', j.done, 'failed', j.failed) AS data
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, 'job.progress', data FROM counted
)
SELECT m.id AS job_id, m.is_early, c.kind, c.total, c.done, c.failed, c.event_seq AS seq, c.workspace_id, c.owner_id,
       c.data
FROM moved m LEFT JOIN counted c ON c.id = m.id WHERE m.is_early OR c.id IS NOT NULL
"""

RENEW: LiteralString = """
WITH held AS (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(numbers)s::int[], %(fences)s::int[]) AS h(job_id, no, fence)
)
UPDATE job_parts p SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM held h
WHERE p.job_id = h.job_id AND p.no = h.no AND p.fence = h.fence AND p.state = 'running'
RETURNING p.job_id, p.no
"""

# The process is dead: what it was about to settle or renew is undone, and its locks are gone.
END_LEASES: LiteralString = """
UPDATE job_parts SET lease_until = statement_timestamp() - interval '1 second'
WHERE state = 'running' AND holder = %(holder)s
"""

# A part that somebody has locked is being settled or renewed right now.
EXPIRED: LiteralString = """
SELECT job_id, no, kind, attempts, fence FROM job_parts
WHERE state = 'running' AND lease_until < statement_timestamp()
LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

EVENT: LiteralString = """
-- The update locks the job's row, which is what numbers its log.
WITH numbered AS (
    UPDATE jobs SET event_seq = event_seq + 1, updated_at = clock_timestamp(), stage = coalesce(%(stage)s, stage),
                    message = coalesce(%(message)s, message)
    WHERE id = %(job_id)s RETURNING event_seq
)
INSERT INTO job_events (job_id, seq, type, data)
SELECT %(job_id)s, event_seq, %(type)s, %(data)s FROM numbered RETURNING seq
"""
