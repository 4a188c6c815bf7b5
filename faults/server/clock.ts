/**
 * Goes into the server with `--import`: from one moment on (milliseconds UTC, by the true clock) its clock is off by so much, in each of
 * its threads.
 * @module
 */
const [from = Number.NaN, by = 0] = (process.env.FAULTS_CLOCK ?? '').split(',').map(Number)
const TrueDate = Date

function now(): number {
  const time = TrueDate.now()
  return time >= from ? time + by : time
}

if (by !== 0) {
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self),
    apply: () => new TrueDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name, target)),
  })
}

export {}
