/**
 * Named steps on the way of a change, told one by one to whoever tries what a crash at each of them leaves (docs/faults.md).
 * The writer's thread waits until a step was told, so that nothing goes on behind it.
 * @module
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** sending: a batch leaves for the writer · before-commit: it is written, and not kept yet · after-commit: kept, and not answered yet · answered. */
export type Step = 'sending' | 'before-commit' | 'after-commit' | 'answered'

/** The writer's end; goes into its thread with the port transferred. */
export interface StepTeller {
  readonly port: MessagePort
  readonly told: Int32Array
}

/** Joins a listener of this thread with a teller for another. */
export function tellerFor(onStep: (step: Step) => void): StepTeller {
  const { port1, port2 } = new MessageChannel()
  const told = new Int32Array(new SharedArrayBuffer(4))
  port1.on('message', (step: Step) => {
    onStep(step)
    Atomics.store(told, 0, 1)
    Atomics.notify(told, 0)
  })
  port1.unref()
  return { port: port2, told }
}

/** Tells a step, and waits until the other thread has heard it. */
export function tellStep({ port, told }: StepTeller, step: Step): void {
  Atomics.store(told, 0, 0)
  port.postMessage(step)
  Atomics.wait(told, 0, 0)
}
