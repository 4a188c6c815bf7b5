import { closeSync, openSync, writeSync } from 'node:fs'
import type { TenantName } from './marks.ts'

/** How the model ended a call. `cut`: the caller was gone before it had its answer. */
export type CallEnd = 'answered' | 'throttled' | 'reset' | 'hung' | 'cut'

/** What the world outside saw, in the order in which it saw it: clients, the model, receivers of webhooks. */
export type Entry =
  /** A process was started, or is gone. */
  | { readonly type: 'begun'; readonly life: number; readonly how: string }
  | { readonly type: 'gone'; readonly life: number; readonly how: string }
  /** A client was told that something is accepted, or done, under the name that the server gave it. */
  | { readonly type: 'request'; readonly tenant: TenantName; readonly key: string; readonly id: string }
  | { readonly type: 'refused'; readonly tenant: TenantName; readonly key: string }
  | { readonly type: 'cancelled'; readonly tenant: TenantName; readonly id: string }
  | { readonly type: 'workflow'; readonly tenant: TenantName; readonly key: string; readonly id: string }
  | { readonly type: 'document'; readonly tenant: TenantName; readonly key: string; readonly id: string }
  | { readonly type: 'deleted'; readonly tenant: TenantName; readonly id: string }
  | { readonly type: 'records'; readonly tenant: TenantName; readonly batch: number }
  | { readonly type: 'replied'; readonly tenant: TenantName; readonly key: string }
  | { readonly type: 'key'; readonly tenant: TenantName; readonly id: string; readonly key: string }
  | { readonly type: 'revoked'; readonly tenant: TenantName; readonly id: string }
  /** A client saw that a step is completed. */
  | { readonly type: 'seen'; readonly tenant: TenantName; readonly step: string }
  /** The model was asked: for what, with how many bytes, for how many tokens at most, and by which process. */
  | {
      readonly type: 'asked'
      readonly call: number
      readonly life: number
      readonly mark: string
      readonly bytes: number
      readonly most: number
    }
  /** What became of it, and what the model says it used. */
  | {
      readonly type: 'ended'
      readonly call: number
      readonly end: CallEnd
      readonly text?: string
      readonly input: number
      readonly output: number
    }
  /** A tenant's receiver was told of an event. */
  | {
      readonly type: 'told'
      readonly life: number
      readonly tenant: TenantName
      readonly id: string
      readonly kind: string
      readonly subject: string
    }
  /** What should never be seen. */
  | { readonly type: 'odd'; readonly words: string }

/** It lies outside of the folder that is disturbed, and lives on when the server dies. */
export class OutsideLedger {
  readonly entries: Entry[] = []
  /** The number of the process that lives, or lived last. */
  life = 0
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  add(entry: Entry): void {
    this.entries.push(entry)
    writeSync(this.#file, `${JSON.stringify(entry)}\n`)
  }

  odd(words: string): void {
    this.add({ type: 'odd', words })
  }

  close(): void {
    closeSync(this.#file)
  }
}

export function entriesOf<Type extends Entry['type']>(
  entries: readonly Entry[],
  type: Type,
): Extract<Entry, { readonly type: Type }>[] {
  return entries.filter((entry): entry is Extract<Entry, { readonly type: Type }> => entry.type === type)
}

/** How many processes died from an entry on. */
export function deathsSince(entries: readonly Entry[], since: Entry): number {
  return entriesOf(entries.slice(entries.indexOf(since)), 'gone').length
}
