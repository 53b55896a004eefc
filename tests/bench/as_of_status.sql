-- What the status of a node as of an earlier entry is made of, as one would fetch it by hand: the
-- node and all that is below it over children and contributions, and what was reported on those.
-- For pgbench or psql; :strategy is the strategy's number, :code the node's, :seq the entry.

BEGIN ISOLATION LEVEL REPEATABLE READ;

WITH RECURSIVE below (id) AS (
    SELECT id FROM goald.node
    WHERE strategy_id = :strategy AND key = :code::text
      AND seq_from <= :seq AND (seq_to IS NULL OR seq_to > :seq)
    UNION
    SELECT part.id FROM below, LATERAL (
        SELECT n.id FROM goald.node n
        WHERE n.strategy_id = :strategy AND n.parent_id = below.id
          AND n.seq_from <= :seq AND (n.seq_to IS NULL OR n.seq_to > :seq)
        UNION ALL
        SELECT c.from_id FROM goald.contribution c
        WHERE c.strategy_id = :strategy AND c.to_id = below.id
          AND c.seq_from <= :seq AND (c.seq_to IS NULL OR c.seq_to > :seq)) part)
SELECT n.id, n.seq_from, n.key, n.parent_id, n.kind, n.stage, n.titles, n.start, n.due,
       n.due_after, n.weight, n.baseline, n.target, n.unit, n.direction, n.sectors, n.cadence
FROM below, goald.node n
WHERE n.strategy_id = :strategy AND n.id = below.id
  AND n.seq_from <= :seq AND (n.seq_to IS NULL OR n.seq_to > :seq);

WITH RECURSIVE below (id) AS (
    SELECT id FROM goald.node
    WHERE strategy_id = :strategy AND key = :code::text
      AND seq_from <= :seq AND (seq_to IS NULL OR seq_to > :seq)
    UNION
    SELECT part.id FROM below, LATERAL (
        SELECT n.id FROM goald.node n
        WHERE n.strategy_id = :strategy AND n.parent_id = below.id
          AND n.seq_from <= :seq AND (n.seq_to IS NULL OR n.seq_to > :seq)
        UNION ALL
        SELECT c.from_id FROM goald.contribution c
        WHERE c.strategy_id = :strategy AND c.to_id = below.id
          AND c.seq_from <= :seq AND (c.seq_to IS NULL OR c.seq_to > :seq)) part)
SELECT u.id, u.node_id, u.date, u.percent, u.state, u.confidence, u.supersedes, u.account_id,
       u.evidence <> '[]', u.waits
FROM below, goald.progress_update u
WHERE u.strategy_id = :strategy AND u.node_id = below.id AND u.seq_from <= :seq
ORDER BY u.seq_from;

COMMIT;
