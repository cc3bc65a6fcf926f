-- A service falls under one rule for each of its milestones (docs/decisions/70). That it was delivered stands in
-- `rule` and `hold_days`, as for goods; the others beside them, frozen with the sale: {"won": {"rule": …, "hold_days": …}}.
-- That the client has accepted the work is a fact of the line.

CREATE FUNCTION milestones_wrong(said jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_typeof(said) <> 'object' OR said = '{}' OR EXISTS (
    SELECT FROM jsonb_each(said) AS milestone
     WHERE milestone.key NOT IN ('qualified', 'won', 'accepted')
        OR coalesce(jsonb_typeof(milestone.value -> 'rule') <> 'string', true)
        OR public.plan_number(milestone.value -> 'hold_days', 14, 365) IS NULL)
$$;

ALTER TABLE order_line
  ADD COLUMN milestone_rules jsonb,
  ADD COLUMN accepted_at timestamptz,
  ADD CONSTRAINT order_line_milestones
    CHECK (milestone_rules IS NULL OR kind = 'service' AND NOT milestones_wrong(milestone_rules)),
  -- Nobody accepts what they have not got.
  ADD CONSTRAINT order_line_accepted CHECK (accepted_at IS NULL OR kind = 'service' AND delivered > 0);

UPDATE order_line l SET accepted_at = j.signed_off_at
  FROM job j
 WHERE j.home_id = l.home_id AND j.order_id = l.order_id AND j.line_no = l.line_no
   AND j.state = 'signed_off' AND j.signed_off_at IS NOT NULL AND l.kind = 'service' AND l.delivered > 0;

-- As of when it was counted what sponsors sold themselves, where a plan counts it at delivery.
ALTER TABLE orders ADD COLUMN active_as_of timestamptz;

GRANT UPDATE (milestone_rules, accepted_at) ON order_line TO mainstem_company;
GRANT UPDATE (active_as_of) ON orders TO mainstem_company;

-- What has earned somebody something stays, whichever milestone it was for.
CREATE TRIGGER order_line_milestones_stand BEFORE UPDATE OF milestone_rules ON order_line FOR EACH ROW
  WHEN (OLD.milestone_rules IS DISTINCT FROM NEW.milestone_rules)
  EXECUTE FUNCTION refuse_other_rule();

CREATE FUNCTION refuse_other_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What has happened stays: it is said once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER order_line_accepted_once BEFORE UPDATE OF accepted_at ON order_line FOR EACH ROW
  WHEN (OLD.accepted_at IS NOT NULL AND OLD.accepted_at IS DISTINCT FROM NEW.accepted_at)
  EXECUTE FUNCTION refuse_other_time();
CREATE TRIGGER orders_active_once BEFORE UPDATE OF active_as_of ON orders FOR EACH ROW
  WHEN (OLD.active_as_of IS NOT NULL AND OLD.active_as_of IS DISTINCT FROM NEW.active_as_of)
  EXECUTE FUNCTION refuse_other_time();

-- What no plan may say of milestones cannot be kept either, whoever writes it.
CREATE FUNCTION refuse_milestone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(NEW.document -> 'rules') = 'array' AND EXISTS (
       SELECT FROM jsonb_array_elements(NEW.document -> 'rules') AS rule
        WHERE coalesce(rule -> 'when' ->> 'milestone', '') <> ''
          AND (rule -> 'when' ->> 'milestone' NOT IN ('qualified', 'won', 'delivered', 'accepted')
               OR rule -> 'when' ->> 'kind' IS DISTINCT FROM 'service')) THEN
    RAISE EXCEPTION 'This plan cannot be published: only a service has milestones, and there are four'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_version_milestones BEFORE INSERT ON plan_version FOR EACH ROW
  EXECUTE FUNCTION refuse_milestone();
