import type { Call, Mode } from './life-process.ts'
import { type Bench, type CrashPoint, Trial, type TrialResult, tryFrom, tryPoint } from './trial.ts'
import type { AnyStep } from './workload/steps.ts'

/** What trying a series of crash points came to. */
export interface Tally {
  readonly name: string
  tried: number
  /** How many processes died where they should; the others got to their end before. */
  fired: number
  repeatedCalls: number
  readonly findings: Finding[]
  seconds: number
}

export interface Finding {
  /** Where, and how to have it again. */
  readonly place: string
  readonly words: readonly string[]
  readonly folder?: string
}

export interface SweepOptions {
  readonly bench: Bench
  /** Trials at the same time. */
  readonly jobs: number
  /** Only every n-th crash point is tried. */
  readonly step: number
  readonly seed: number
  /** Ends at the first finding. */
  readonly impatient?: boolean
  /** Is told after each trial. */
  onTrial?(tally: Tally, of: number): void
}

interface Task {
  readonly name: string
  run(): Promise<readonly TrialResult[]>
}

/** Beyond the calls that were counted, as many may come as one run makes more than another. */
const mostMore = 200
const writing: readonly string[] = ['write', 'pwrite', 'writev', 'pwritev']

/** A life without any fault: what it finds is wrong without a crash, too. */
export async function countCalls(
  bench: Bench,
): Promise<{ readonly calls: readonly Call[]; readonly findings: readonly string[] }> {
  const trial = new Trial(bench, 'counted')
  const calls = await trial.count()
  const { findings } = await trial.recover()
  trial.end(findings)
  return { calls, findings }
}

/** Dies at every call that changes the folder, in one mode. */
export async function sweepCalls(options: SweepOptions, mode: Mode, calls: readonly Call[]): Promise<Tally> {
  const { bench, seed } = options
  const taskAt = (at: number, of?: number): Task => ({
    name: `--modes ${mode} --at ${at} --seed ${seed}`,
    run: async () => [await tryPoint(bench, `${mode}-${at}`, { mode, at, seed: seedOf(seed, at) }, of)],
  })
  // Half a write can be left of writes only; elsewhere it is the same as a kill.
  const counted = calls.filter((call) => mode !== 'torn' || writing.includes(call.name))
  const wanted = counted.filter((_, index) => index % options.step === 0).map((call) => taskAt(call.number, calls.length))
  const tally = await runTasks(options, mode, wanted)
  if (options.impatient && tally.findings.length > 0) return tally
  // This run may have more calls than the one that was counted.
  for (let at = calls.length + 1; at <= calls.length + mostMore && mode !== 'torn'; at += options.step) {
    const before = tally.fired
    await runTasks(options, mode, [taskAt(at)], tally)
    if (tally.fired > before) continue
    // It is no crash point.
    tally.tried--
    break
  }
  return tally
}

/** Dies at every call of recoveries, too: of `first` crashes, each recovery is cut off at `second` of its own calls. */
export async function sweepRecoveries(
  options: SweepOptions,
  calls: readonly Call[],
  counts: { readonly first: number; readonly second: number },
): Promise<Tally> {
  const pairs: readonly (readonly [Mode, Mode])[] = [
    ['kill', 'power'],
    ['power', 'partial'],
    ['partial', 'kill'],
    ['power', 'power'],
  ]
  const tasks = evenly(calls.length, counts.first).map((at, index): Task => {
    const [mode, then] = pairs[index % pairs.length] ?? ['kill', 'kill']
    return {
      name: `a recovery from ${mode} at ${at} that ends by ${then}, --seed ${options.seed}`,
      run: () => tryRecovery(options, { mode, at, seed: seedOf(options.seed, at) }, then, counts.second),
    }
  })
  return runTasks(options, 'recovery', tasks)
}

/** Dies at every time of every named step. */
export async function sweepSteps(options: SweepOptions): Promise<Tally> {
  const trial = new Trial(options.bench, 'counted')
  const steps = await trial.countSteps()
  trial.end([])
  const points = Object.entries(steps).flatMap(([step, times]) =>
    Array.from({ length: times }, (_, index) => ({ step: step as AnyStep, time: index + 1 })),
  )
  const wanted = points.filter((_, index) => index % options.step === 0)
  const tasks = wanted.map(({ step, time }): Task => {
    const name = `${step}-${time}`
    return { name: `--named (${name})`, run: async () => [await tryPoint(options.bench, name, { step, time })] }
  })
  return runTasks(options, 'named', tasks)
}

/** One crash, and from what it left several recoveries that are cut off, each followed by one that isn't. */
async function tryRecovery(options: SweepOptions, point: CrashPoint, then: Mode, times: number): Promise<TrialResult[]> {
  const { bench, seed } = options
  const name = `nested-${'at' in point ? `${point.mode}-${point.at}` : point.step}`
  const trial = new Trial(bench, name)
  const crash = await trial.crash(point)
  const counted = trial.copy(`${name}-counted`)
  const calls = await counted.count()
  counted.end([])
  const results: TrialResult[] = []
  for (const at of evenly(calls.length, times)) {
    const begin = (again: number): Trial => trial.copy(`${name}-${at}-${again}`)
    const result = await tryFrom(begin, { mode: then, at, seed: seedOf(seed, at) }, calls.length)
    const findings = [...crash.findings, ...result.findings]
    results.push({ ...result, fired: crash.fired && result.fired, place: `${crash.place}; then ${result.place}`, findings })
  }
  trial.end([])
  return results
}

async function runTasks(options: SweepOptions, name: string, tasks: readonly Task[], into?: Tally): Promise<Tally> {
  const tally = into ?? { name, tried: 0, fired: 0, repeatedCalls: 0, findings: [], seconds: 0 }
  const began = performance.now()
  const waiting = spreadOut(tasks)
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      if (options.impatient && tally.findings.length > 0) return
      for (const { fired, repeatedCalls, findings: words, place, folder } of await task.run()) {
        tally.tried++
        if (fired) tally.fired++
        tally.repeatedCalls += repeatedCalls
        if (words.length > 0) tally.findings.push({ place: `${task.name} (${place})`, words, ...(folder ? { folder } : {}) })
      }
      options.onTrial?.(tally, tasks.length)
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work))
  tally.seconds += (performance.now() - began) / 1000
  return tally
}

/** The same tasks, neighbours far from each other (bit reversal), so that what is wrong in one place is met early. */
function spreadOut(tasks: readonly Task[]): Task[] {
  const bits = Math.ceil(Math.log2(Math.max(2, tasks.length)))
  const spread: Task[] = []
  for (let index = 0; index < 2 ** bits; index++) {
    let place = 0
    for (let bit = 0; bit < bits; bit++) place |= ((index >> bit) & 1) << (bits - 1 - bit)
    const task = tasks[place]
    if (task) spread.push(task)
  }
  return spread
}

/** So many numbers from 1 to the highest, evenly. */
function evenly(highest: number, amount: number): number[] {
  return Array.from({ length: amount }, (_, index) => 1 + Math.floor(((index + 0.5) * highest) / amount))
}

/** What decides by chance at one crash point. */
export function seedOf(seed: number, at: number): number {
  return (seed * 100_003 + at) % 2 ** 31
}
