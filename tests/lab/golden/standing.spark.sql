WITH reasons AS (SELECT `t0`.`upline_id`, `t0`.`steps`, `t0`.`groups`, CASE WHEN `t0`.`house` IN (1) THEN CAST(0 AS BIGINT) WHEN `t0`.`suspended` IN (1) THEN CAST(0 AS BIGINT) WHEN (`t0`.`steps` > CAST(0 AS BIGINT)) AND (`t0`.`own_sales_90` < CAST(1 AS BIGINT)) THEN CAST(0 AS BIGINT) ELSE `t0`.`member_id` END AS `member`, CASE WHEN (`t0`.`steps` > CAST(0 AS BIGINT)) AND `t0`.`house` IN (1) THEN CAST(1 AS BIGINT) WHEN `t0`.`suspended` IN (1) THEN CAST(0 AS BIGINT) WHEN (`t0`.`steps` > CAST(0 AS BIGINT)) AND ((`t0`.`steps` > CAST(0 AS BIGINT)) AND (`t0`.`own_sales_90` < CAST(1 AS BIGINT))) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS `over` FROM `uplines` AS `t0`),

standing_over AS (SELECT `t0`.`upline_id`, `t0`.`steps`, `t0`.`groups`, `t0`.`member`, CAST(CAST(`t0`.`over` IN (1) AS TINYINT) AS BIGINT) AS `over` FROM `reasons` AS `t0`),

standing_passed AS (SELECT `t0`.`upline_id`, `t0`.`steps`, `t0`.`groups`, `t0`.`member`, `t0`.`over`, CAST(SUM(`t0`.`over`) OVER (PARTITION BY `t0`.`upline_id` ORDER BY `t0`.`steps` ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS `passed` FROM `standing_over` AS `t0`),

standing_there AS (SELECT * FROM `standing_passed` AS `t0` WHERE `t0`.`over` = 0),

standing_levels AS (SELECT `t0`.`upline_id`, `t0`.`steps`, `t0`.`groups`, `t0`.`member`, `t0`.`over`, `t0`.`passed`, `t0`.`steps` - `t0`.`passed` AS `level` FROM `standing_there` AS `t0`),

standing_paying AS (SELECT * FROM `standing_levels` AS `t0` WHERE `t0`.`level` < 4)
SELECT `t0`.`upline_id`, MAX(CASE WHEN `t0`.`level` = 0 THEN `t0`.`member` ELSE CAST(0 AS BIGINT) END) AS `member_0`, MAX(CASE WHEN `t0`.`level` = 1 THEN `t0`.`member` ELSE CAST(0 AS BIGINT) END) AS `member_1`, MAX(CASE WHEN `t0`.`level` = 2 THEN `t0`.`member` ELSE CAST(0 AS BIGINT) END) AS `member_2`, MAX(CASE WHEN `t0`.`level` = 3 THEN `t0`.`member` ELSE CAST(0 AS BIGINT) END) AS `member_3`, MAX(CASE WHEN `t0`.`level` = 0 THEN `t0`.`groups` ELSE '' END) AS `groups_0`, MAX(CASE WHEN `t0`.`level` = 1 THEN `t0`.`groups` ELSE '' END) AS `groups_1`, MAX(CASE WHEN `t0`.`level` = 2 THEN `t0`.`groups` ELSE '' END) AS `groups_2`, MAX(CASE WHEN `t0`.`level` = 3 THEN `t0`.`groups` ELSE '' END) AS `groups_3` FROM `standing_paying` AS `t0` GROUP BY 1
