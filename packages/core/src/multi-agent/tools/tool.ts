import type { JsonObject } from '../../json.ts'
import type { Passage } from '../../rag/passage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { StepResult } from '../run/journal.ts'

export interface ToolCall {
  readonly scope: Scope
  /** The arguments, which fit the tool's schema. */
  readonly input: JsonObject
  /** The same when the call is made again after a crash: for tools that change something. */
  readonly key: string
  /** What other steps of the run gave. */
  readonly results: ReadonlyMap<string, StepResult>
  readonly signal: AbortSignal
}

export interface ToolAnswer {
  /** What the model is shown. */
  readonly text: string
  /** It went wrong, and the model may do something else. */
  readonly failed?: boolean
  /** What it found in documents, for citations. */
  readonly passages?: readonly Passage[]
}

/** Something that an agent can do besides writing. */
export interface Tool {
  /** What agents name it by, such as `calculate` or `mcp:files:read_file`. */
  readonly name: string
  /** For the model. */
  readonly description: string
  /** JSON Schema of its arguments. */
  readonly inputSchema: JsonObject
  /** It changes something outside: its step needs approval unless its agent's definition says otherwise. */
  readonly changes: boolean
  run(call: ToolCall): Promise<ToolAnswer>
}
