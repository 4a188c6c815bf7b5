/**
 * Strands Agents' Graph, which starts a node when all that it needs has ended. `way`: `agents` makes each node an agent with a model that
 * does the work, else nodes do it themselves; `session` keeps a snapshot in files after each node.
 * @module
 */
import { join } from 'node:path'
import { Agent, FileStorage, Model, SessionManager, TextBlock } from '@strands-agents/sdk'
import { Graph, Node } from '@strands-agents/sdk/multiagent'

export async function open({ directory, way }) {
  let runs = 0
  return {
    prepare: (graph, work) => {
      const edges = graph.steps.flatMap(({ id, needs }) => needs.map((needed) => [needed, id]))
      const nodeOf = ({ id }) =>
        way === 'agents' ? new Agent({ id, name: id, model: new WorkModel(id, work), printer: false }) : new WorkNode(id, work)
      const invoke = async (number) => {
        const storage = { snapshot: new FileStorage(join(directory, `run-${number}`)) }
        const session = way === 'session' ? { sessionManager: new SessionManager({ sessionId: 'bench', storage }) } : {}
        // Agents remember what was said, so that each run needs new ones.
        const running = new Graph({ nodes: graph.steps.map(nodeOf), edges, ...session })
        const { status } = await running.invoke('Go.')
        if (status !== 'COMPLETED') throw new Error(`The run is ${status}.`)
      }
      return { run: () => invoke(runs++), resume: () => invoke(0) }
    },
    close: async () => {},
  }
}

class WorkNode extends Node {
  constructor(id, work) {
    super(id, {})
    this.work = work
  }

  // biome-ignore lint/correctness/useYield: A node streams what it does; this one has nothing to tell on the way.
  async *handle() {
    return { content: [new TextBlock(await this.work(this.id))] }
  }
}

class WorkModel extends Model {
  constructor(id, work) {
    super()
    this.id = id
    this.work = work
  }

  updateConfig() {}

  getConfig() {
    return { modelId: 'bench' }
  }

  async *stream() {
    const text = await this.work(this.id)
    yield { type: 'modelMessageStartEvent', role: 'assistant' }
    yield { type: 'modelContentBlockStartEvent' }
    yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } }
    yield { type: 'modelContentBlockStopEvent' }
    yield { type: 'modelMessageStopEvent', stopReason: 'endTurn' }
    yield { type: 'modelMetadataEvent', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
  }
}
