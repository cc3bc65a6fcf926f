"""What each line of an order is sold under: one rule of the plan for goods, one for each milestone of a service.

In SQL, beside a line, for those who read orders in sets.
"""

from __future__ import annotations


def sold_under(line: str) -> str:
    """`sold`, a row for each rule that a line of this name falls under: of which `milestone` it is (`of_rule`,
    `of_hold_days`), `since` when it counts, whether it `is_due` once the line is delivered, and whether what the
    line is worth is counted with it (`is_counted`): once, however many milestones it has."""
    return f"""
 CROSS JOIN LATERAL (
       SELECT 'delivered' AS milestone, {line}.rule AS of_rule, {line}.hold_days AS of_hold_days,
              {line}.delivered_at AS since, true AS is_due, true AS is_counted
        WHERE {line}.rule IS NOT NULL
        UNION ALL
       SELECT said.key, said.value ->> 'rule', (said.value ->> 'hold_days')::int,
              CASE said.key WHEN 'accepted' THEN {line}.accepted_at ELSE {line}.delivered_at END,
              said.key <> 'accepted' OR {line}.accepted_at IS NOT NULL,
              {line}.rule IS NULL AND said.key = CASE
                WHEN {line}.milestone_rules ? 'qualified' THEN 'qualified'
                WHEN {line}.milestone_rules ? 'won' THEN 'won' ELSE 'accepted' END
         FROM jsonb_each({line}.milestone_rules) AS said) AS sold"""
