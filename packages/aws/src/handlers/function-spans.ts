import { systemClock } from '@plinth/outbound'
import { SpanExport } from '@plinth/outbound/span-export'
import { functionLog } from './function-log.ts'

/** How long the end of a call waits for spans to go: the collector lies beside the function, milliseconds. */
const patience = 1_000

/** Sends this function's spans to the collector that the environment names; undefined: it names none. @throws InvalidInputError for one that can't be. */
export function functionSpans(): SpanExport | undefined {
  return SpanExport.of(process.env, { patience, clock: systemClock, log: functionLog })
}
