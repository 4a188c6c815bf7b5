import type { JsonObject } from '../../json.ts'
import type { Passage } from '../../rag/passage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { Permission } from '../../tenancy/permissions.ts'
import type { StepResult } from '../run/journal.ts'

export interface ToolCall {
  readonly scope: Scope
  /** The arguments, which fit the tool's schema. */
  readonly input: JsonObject
  /** The same when the call is made again after a crash: for tools that change something. */
  readonly key: string
  /** What other steps of the run gave. */
  readonly results: KnownResults
  readonly signal: AbortSignal
}

/** What steps of a run gave, by their ids. */
export interface KnownResults {
  get(step: string): StepResult | undefined
  /** Of those that gave something. */
  steps(): Iterable<string>
}

export interface ToolAnswer {
  /** What the model is shown, up to {@link shownCharacters}. */
  readonly text: string
  /** It went wrong, and the model may do something else. */
  readonly failed?: boolean
  /** What it found in documents, for citations. */
  readonly passages?: readonly Passage[]
  /** Names of what else it read, such as an address. */
  readonly sources?: readonly string[]
}

/** Something that an agent can do besides writing. */
export interface Tool {
  /** What agents name it by, such as `calculate` or `files.read_file`. */
  readonly name: string
  /** For the model. */
  readonly description: string
  /** JSON Schema of its arguments. */
  readonly inputSchema: JsonObject
  /** It changes something outside, or nobody says that it doesn't: its calls need approval unless its agent's definition allows them. */
  readonly changes: boolean
  /** What whoever asked for the run must hold. */
  readonly permission?: Permission
  /** How long a call may take, in milliseconds. Default: a minute. */
  readonly timeout?: number
  run(call: ToolCall): Promise<ToolAnswer>
}

/** Of what a tool gives, a model is shown so much; no more is kept. */
export const shownCharacters = 20_000
