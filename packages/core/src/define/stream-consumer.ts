import type { Scope } from '../scope/scope.ts'

/** Entries of one partition as a consumer gets them: opened. */
export interface StreamBatch {
  readonly partition: string
  readonly entries: readonly { readonly sequence: string; readonly at: number; readonly data: Uint8Array }[]
  /** Whether all of it has to be kept when the call resolves. */
  readonly keepNow: boolean
}

/** What a consumer keeps in memory between batches, in one process. */
export interface StreamWork {
  /**
   * Takes a batch of the scope's tenant; batches of one partition come one after the other and in order, at least once.
   * @returns the sequence through which effects are kept, undefined when nothing is yet.
   */
  take(scope: Scope, batch: StreamBatch): Promise<{ readonly kept: string | undefined }>
}

/** Who works on the entries that a pattern's scopes append. */
export interface StreamConsumerDefinition {
  /** `pattern.verb`. */
  readonly name: string
  readonly summary: string
  /** Begins, once in a process and platform. */
  open(): StreamWork
}

export type StreamConsumer = StreamConsumerDefinition

export function defineStreamConsumer(definition: StreamConsumerDefinition): StreamConsumer {
  return definition
}
