/**
 * Who is measured. A contender's module exports `open({ directory, latency })`, which gives:
 * - `append(records)`: resolves when they are accepted;
 * - `settled(count)`: resolves when so many records, of all that were appended, have all of their effects;
 * - `onAlert(listener)`: `listener(key)` is called when an alert is open; `insights()`: `[{ key, at }]`, when each was made;
 * - `spent()`: `{ calls, input, output }`, calls of models and their tokens so far; `close()`.
 * The one of the detector alone gives `next(key, value, time)`.
 * @module
 */
export const contenders = {
  promises: {
    title: 'promises alone: parse, mean and deviation by key',
    module: './contenders/promises.mjs',
    parts: ['path', 'delay'],
  },
  'model-per-record': {
    title: 'a model call for each record, as the seed does it',
    module: './contenders/model-per-record.mjs',
    parts: ['path', 'delay'],
    // Of the whole path only what it gets done in the time.
    isSlow: true,
  },
  plinth: { title: 'Plinth, all of it, durable', module: './contenders/plinth.mjs', parts: ['path', 'delay'] },
  'plinth-detector': { title: 'Plinth’s detector alone', module: './contenders/plinth-detector.mjs', parts: ['detector'] },
}

/** Opens a contender in this process. */
export async function openContender(name, options) {
  const { open } = await import(contenders[name].module)
  return open(options)
}
