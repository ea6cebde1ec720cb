-- Puts one run's totals in place, or leaves the ones an earlier attempt put there.

\set input `cat`

BEGIN;
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(hashtext('sales_total')) \g /dev/null

CREATE TABLE IF NOT EXISTS sales_total (
    run     text,
    region  text,
    orders  integer NOT NULL,
    revenue bigint NOT NULL,
    PRIMARY KEY (run, region)
);

INSERT INTO sales_total
SELECT :'input'::jsonb ->> 'run', region, orders, revenue
FROM jsonb_to_recordset(:'input'::jsonb -> 'totals') AS total (region text, orders integer, revenue bigint)
ON CONFLICT DO NOTHING;

SELECT jsonb_build_object('regions', count(*), 'revenue', coalesce(sum(revenue), 0))
FROM sales_total
WHERE run = :'input'::jsonb ->> 'run';
COMMIT;
