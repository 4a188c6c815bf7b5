/**
 * Who is measured. A contender's module exports `open(settings)`, which gives:
 * - `submit({ key, prompt, tenant, lane })`: hands in one request under an idempotency key; resolves when it is durable.
 * - `fill(count)`: hands in many, as fast as it can, one tenant's; resolves when all are durable.
 * - `work(done)`: starts the workers; `done(tenant)` is called for each request that is finished. Gives a function that ends them.
 * - `weigh(tenant, weight)`: optional; gives a tenant a larger share.
 * - `settled(count)`: optional; resolves when so many are durably finished, where `done` comes a little before that.
 * - `close()`.
 *
 * Settings: `directory` (ours), `port` (the peer's store), `concurrency`, `latency` (milliseconds that a model call takes),
 * `priorities` (whether lanes are used).
 * @module
 */

const redis = (appendfsync) => ({ kind: 'redis', appendfsync })

export const contenders = {
  plinth: { title: 'Plinth, everything on', module: './plinth.mjs', ours: true },
  'plinth-stripped': { title: 'Plinth, row and job only', module: './plinth-stripped.mjs', ours: true },
  'bullmq-everysec': {
    title: 'BullMQ, Redis everysec',
    module: '../peers/bullmq/contender.mjs',
    peer: 'bullmq',
    store: redis('everysec'),
  },
  'bullmq-always': {
    title: 'BullMQ, Redis always',
    module: '../peers/bullmq/contender.mjs',
    peer: 'bullmq',
    store: redis('always'),
  },
  'pg-boss': {
    title: 'pg-boss, PostgreSQL',
    module: '../peers/pg-boss/contender.mjs',
    peer: 'pg-boss',
    store: { kind: 'postgres' },
  },
  nothing: { title: 'No queue', module: './nothing.mjs' },
}

/** Loads a contender's module by its name. */
export function loadContender(name) {
  return import(contenders[name].module)
}
