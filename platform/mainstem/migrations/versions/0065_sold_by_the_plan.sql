-- What a plan asks of a sale is frozen on it (docs/decisions/69): of whoever stands above the seller and is
-- not paid, or only for what they sold themselves, by how many steps above they are; and of a line that no rule
-- was for, that there is none.

ALTER TABLE orders ADD COLUMN upline_facts jsonb CHECK (jsonb_typeof(upline_facts) = 'object');
ALTER TABLE order_line ALTER COLUMN rule DROP NOT NULL;

-- A plan may say that a sale falls under the version in force when it is delivered.
GRANT UPDATE (rule, hold_days) ON order_line TO mainstem_company;
GRANT UPDATE (plan_version, upline_facts) ON orders TO mainstem_company;

-- Whether a sponsor sells themselves is asked by the day on which something reached a client.
CREATE INDEX orders_delivered_by ON orders (seller_id, delivered_at) WHERE delivered_at IS NOT NULL AND earns;

-- What no plan may say cannot be kept either, whoever writes it: the rules of the linter that hold for
-- each rule by itself. What a plan may cost as a whole is found where it is read (`plan.book`).
CREATE FUNCTION plan_wrong(plan jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  rule jsonb;
  levels jsonb;
BEGIN
  IF plan ->> 'format' IS DISTINCT FROM '2' THEN RETURN 'it is not of format 2'; END IF;
  IF EXISTS (SELECT FROM jsonb_object_keys(plan) AS said WHERE said NOT IN (
       'format', 'name', 'version_by', 'joined_before', 'refunded_orders', 'cap_bp', 'uplines', 'rules',
       'period', 'minimum_payout_minor')) THEN
    RETURN 'it has a setting that there is not';
  END IF;
  IF plan_number(plan -> 'cap_bp', 1, 10000) IS NULL THEN RETURN 'cap_bp is from 1 to 10000'; END IF;
  IF jsonb_typeof(plan -> 'rules') IS DISTINCT FROM 'array' OR jsonb_array_length(plan -> 'rules') = 0 THEN
    RETURN 'it has no rules';
  END IF;
  FOR rule IN SELECT jsonb_array_elements(plan -> 'rules') LOOP
    IF EXISTS (SELECT FROM jsonb_object_keys(rule) AS said WHERE said NOT IN (
         'id', 'pays_on', 'when', 'levels', 'base', 'levels_of', 'at_most_minor', 'cap_bp', 'hold_days'))
    THEN
      RETURN 'a rule has a setting that there is not';
    END IF;
    IF rule ->> 'pays_on' IS DISTINCT FROM 'delivered_sale' THEN
      RETURN 'only a delivered sale may pay';
    END IF;
    IF plan_number(rule -> 'hold_days', 14, 365) IS NULL THEN RETURN 'hold_days is from 14 to 365'; END IF;
    IF plan_number(rule -> 'cap_bp', 1, 10000) IS NULL THEN RETURN 'cap_bp is from 1 to 10000'; END IF;
    levels := rule -> 'levels';
    IF jsonb_typeof(levels) IS DISTINCT FROM 'array' OR jsonb_array_length(levels) NOT BETWEEN 1 AND 10 THEN
      RETURN 'a rule has one to ten levels';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(levels) AS level, jsonb_object_keys(level) AS said
                WHERE said NOT IN ('rate_bp', 'each_minor', 'groups', 'rank_from')) THEN
      RETURN 'a level has a setting that there is not';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(levels) AS level
                WHERE plan_number(level -> 'rate_bp', 0, 10000) IS NULL) THEN
      RETURN 'rate_bp is from 0 to 10000';
    END IF;
    IF rule ->> 'levels_of' = 'sale' AND (
         EXISTS (SELECT FROM jsonb_array_elements(levels) AS level
                  WHERE (level ->> 'rate_bp')::int > (levels -> 0 ->> 'rate_bp')::int)
         OR (SELECT sum((level ->> 'rate_bp')::int) FROM jsonb_array_elements(levels) AS level) > 10000) THEN
      RETURN 'no sponsor may earn more on a sale than who made it, nor all together more than all of it';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(levels) AS level,
                           jsonb_each(coalesce(level -> 'each_minor', '{}')) AS each
                WHERE plan_number(each.value, 1, (levels -> 0 -> 'each_minor' ->> each.key)::bigint) IS NULL)
    THEN
      RETURN 'no sponsor may earn more on a piece than who sold it';
    END IF;
  END LOOP;
  IF jsonb_typeof(plan -> 'period') = 'object'
     AND plan_number(plan -> 'period' -> 'hold_days', 14, 365) IS NULL THEN
    RETURN 'hold_days is from 14 to 365';
  END IF;
  RETURN NULL;
END $$;

-- A whole number within its limits, both included; none for anything else.
CREATE FUNCTION plan_number(said jsonb, lowest bigint, highest bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(said) = 'number' AND said::text ~ '^-?\d{1,16}$'
                   AND said::text::bigint BETWEEN lowest AND highest
              THEN said::text::bigint END
$$;

CREATE FUNCTION refuse_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text := plan_wrong(NEW.document);
BEGIN
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'This plan cannot be published: %', wrong USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_version_lawful BEFORE INSERT ON plan_version FOR EACH ROW EXECUTE FUNCTION refuse_plan();

-- Once it has earned anybody something, what an order was sold by stays.
CREATE FUNCTION refuse_other_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM earning WHERE home_id = NEW.home_id
                AND source_id = CASE TG_TABLE_NAME WHEN 'orders' THEN (to_jsonb(NEW) ->> 'id')::uuid
                                     ELSE (to_jsonb(NEW) ->> 'order_id')::uuid END) THEN
    RAISE EXCEPTION 'What an order was sold by stays: it has earned somebody something'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_line_sold_by BEFORE UPDATE OF rule, hold_days ON order_line FOR EACH ROW
  WHEN (OLD.rule IS DISTINCT FROM NEW.rule OR OLD.hold_days <> NEW.hold_days)
  EXECUTE FUNCTION refuse_other_rule();
CREATE TRIGGER orders_sold_by BEFORE UPDATE OF plan_version ON orders FOR EACH ROW
  WHEN (OLD.plan_version <> NEW.plan_version) EXECUTE FUNCTION refuse_other_rule();
