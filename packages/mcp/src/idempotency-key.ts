/** Under this name in `_meta` a tool is told what a call goes by: the same when the call is made again after a crash. */
export const idempotencyKey = 'plinth/idempotency-key'
