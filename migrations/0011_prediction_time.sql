-- Nothing reads the prediction log by time over all entities: this index cost every prediction that is logged, and answered nobody.
-- A day's partition is what a reader of a period takes.

drop index prediction_time;
