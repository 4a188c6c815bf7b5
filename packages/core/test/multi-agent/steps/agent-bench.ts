import { acceptDocuments } from '../../../src/index.ts'
import type { NewAgent } from '../../../src/multi-agent/agents/registry.ts'
import { putAgent } from '../../../src/multi-agent/agents/registry.ts'
import { createWorkflow, type NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { approveWorkflow, getWorkflow, rejectWorkflow, type Workflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { PendingCall } from '../../../src/multi-agent/run/journal.ts'
import { readJournal } from '../../../src/multi-agent/run/journal-writer.ts'
import { showWorkflow } from '../../../src/multi-agent/show-workflow.ts'
import { isListed, type SourceAnswer, type SourceTool, type ToolSource, ToolSourceError } from '../../../src/ports/tool-source.ts'
import type { Script, ScriptedAnswer, ScriptedCall } from '../../../src/testing/index.ts'
import { EventBench } from '../../event-driven/bench.ts'

export interface ShownStep {
  readonly status: string
  readonly attempts: number
  readonly result: string | null
  readonly output?: unknown
  readonly sources: readonly string[]
  readonly criteria?: string
  readonly truncated?: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly pending_calls?: readonly PendingCall[]
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number; readonly usd: number }
  readonly tool_calls: number
}

export interface ShownWorkflow {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, ShownStep>>
  readonly synthesis: ShownStep | null
  readonly result: {
    readonly text: string
    readonly sources: readonly string[]
    readonly citations: readonly Readonly<Record<string, string | number>>[]
  } | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
}

/** A server of tools in memory: those that it is made of, and the calls that it met. */
export class MemoryTools implements ToolSource {
  readonly calls: { readonly name: string; readonly input: unknown; readonly key: string }[] = []
  readonly #tools: readonly SourceTool[]
  answer: (name: string, input: unknown, signal: AbortSignal) => SourceAnswer | Promise<SourceAnswer>

  constructor(
    tools: Readonly<Record<string, { readonly changes: boolean }>>,
    answer: MemoryTools['answer'] = () => ({ text: 'done', failed: false }),
  ) {
    this.answer = answer
    this.#tools = Object.entries(tools).map(([name, { changes }]) => ({
      ...{ name, changes },
      description: `Does ${name}.`,
      inputSchema: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] },
    }))
  }

  offers(tenant: string, name: string): boolean {
    return tenant === 'alpha' && name.startsWith('files.')
  }

  async list(_tenant: string, names: readonly string[]): Promise<readonly SourceTool[]> {
    return this.#tools.filter(({ name }) => isListed(names, name))
  }

  async call(
    tenant: string,
    name: string,
    input: unknown,
    { key, signal }: { readonly key: string; readonly signal: AbortSignal },
  ): Promise<SourceAnswer> {
    if (!this.offers(tenant, name)) throw new ToolSourceError('tool_unknown')
    this.calls.push({ name, input, key })
    return this.answer(name, input, signal)
  }
}

/** A call of a tool, as a model asks for one. */
export function calling(...calls: readonly (readonly [tool: string, input: unknown, id?: string])[]): ScriptedAnswer {
  return {
    content: calls.map(([toolName, input, toolCallId], index) => ({
      type: 'tool-call',
      toolCallId: toolCallId ?? `call-${index}`,
      toolName,
      input: typeof input === 'string' ? input : JSON.stringify(input),
    })),
    finishReason: { unified: 'tool-calls', raw: undefined },
  }
}

/** What tools gave a model so far, in its own conversation. */
export function toldBy({ options }: Pick<ScriptedCall, 'options'>): readonly string[] {
  return options.prompt.flatMap((message) =>
    message.role === 'tool'
      ? message.content.flatMap((part) =>
          part.type === 'tool-result' && 'value' in part.output ? [String(part.output.value)] : [],
        )
      : [],
  )
}

/** Whole Plinth in memory with an agent `worker` of the model that has tools; nothing moves until `pass`. */
export class AgentBench {
  readonly plinth: EventBench

  private constructor(plinth: EventBench) {
    this.plinth = plinth
  }

  static async open(
    script: Script,
    options: { readonly tools?: ToolSource; readonly agent?: Partial<NewAgent>; readonly worker?: boolean } = {},
  ): Promise<AgentBench> {
    const { tools, agent = {}, worker = true } = options
    const bench = new AgentBench(await EventBench.open(script, { ...(tools ? { tools } : {}), worker }))
    const scope = await bench.plinth.scope()
    await putAgent(scope, { type: 'worker', model_id: 'test/tools', ...agent })
    return bench
  }

  async ask(workflow: NewWorkflow): Promise<string> {
    return (await createWorkflow(await this.plinth.scope(), workflow)).workflow_id
  }

  /** Asks for a run and lets time pass. */
  async run(workflow: NewWorkflow, milliseconds = 20_000): Promise<ShownWorkflow> {
    const id = await this.ask(workflow)
    await this.plinth.pass(milliseconds, 250)
    return this.shown(id)
  }

  /** Sends a document and lets time pass until it is found. @returns its id. */
  async ingest(source: string, content: string): Promise<string> {
    const { records } = await acceptDocuments(await this.plinth.scope(), [{ source, content }])
    await this.plinth.pass(5_000)
    return records[0]?.fields.document_id ?? ''
  }

  async workflow(id: string): Promise<Workflow> {
    return getWorkflow(await this.plinth.scope(), id)
  }

  async shown(id: string): Promise<ShownWorkflow> {
    return (await showWorkflow('alpha', await this.workflow(id))) as ShownWorkflow
  }

  async approve(id: string, step: string, calls?: readonly string[]): Promise<void> {
    await approveWorkflow(await this.plinth.scope(), id, { step, ...(calls ? { calls } : {}) })
  }

  async reject(id: string, step: string, reason: string): Promise<void> {
    await rejectWorkflow(await this.plinth.scope(), id, { step, reason })
  }

  /** The journal as JSON: all that is kept of a run but its request. */
  async journal(id: string): Promise<string> {
    return JSON.stringify((await readJournal(await this.plinth.scope(), id)).entries)
  }
}
