-- name: explain
explain (format json)
{statement}
