import type { Subject } from './contract.ts'

type Moving = Pick<Subject<unknown>, 'clock' | 'settle'>

/** First without moving the clock, then by little: an adapter may wait for a moment before it looks again. */
const still = 20
const quietSteps = 8
const attempts = 400
const stepOf = (attempt: number): number => (attempt < still ? 0 : attempt < attempts / 2 ? 5 : 50)

/** Lets the adapter work until something holds. At most eleven seconds pass on its clock. @throws Error when it never does. */
export async function until(subject: Moving, holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await holds()) return
    await step(subject, stepOf(attempt))
  }
  throw new Error(`This never came to be: ${what}.`)
}

/** Lets the adapter work until a check that throws stops throwing; for what is promised to be so sooner or later. */
export async function eventually(subject: Moving, check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return await check()
    } catch {
      await step(subject, stepOf(attempt))
    }
  }
  await check()
}

/** Lets the adapter do all that it would do now, to see that it doesn't do more. The clock stands still. */
export async function quiet(subject: Moving): Promise<void> {
  for (let attempt = 0; attempt < quietSteps; attempt++) await step(subject, 0)
}

/** Moves the adapter's clock, and lets the adapter work before and after. */
export async function pass(subject: Moving, milliseconds: number): Promise<void> {
  await quiet(subject)
  await subject.clock?.advance(milliseconds)
  await quiet(subject)
}

async function step(subject: Moving, milliseconds: number): Promise<void> {
  await subject.clock?.advance(milliseconds)
  await subject.settle?.()
  // Neither: let at least what is due in this process run.
  if (!subject.clock && !subject.settle) await new Promise<void>((resolve) => turn(resolve))
}

function turn(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(undefined)
}
