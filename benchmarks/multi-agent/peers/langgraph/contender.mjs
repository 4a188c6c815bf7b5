/**
 * LangGraph.js as its documentation has it: a node a step, whose edge waits for all that it needs, and one map of results, which a reducer
 * puts together. `way`: `sqlite` keeps a checkpoint of each superstep in SQLite (WAL, not fsynced), written while the next one runs
 * (`durability: 'async'`, the default).
 * @module
 */
import { join } from 'node:path'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'

/** Supersteps. */
const most = 100_000

export async function open({ directory, way }) {
  const checkpointer = way === 'sqlite' ? SqliteSaver.fromConnString(join(directory, 'langgraph.db')) : undefined
  let runs = 0
  return {
    prepare: (graph, work) => {
      const app = stateGraphOf(graph, work).compile({ checkpointer })
      const invoke = async (input, number) => {
        const options = { recursionLimit: most, configurable: { thread_id: `thread-${number}` } }
        const { results } = await app.invoke(input, options)
        if (Object.keys(results).length !== graph.steps.length) throw new Error('Results are missing.')
      }
      return {
        run: () => invoke({ results: {} }, runs++),
        resume: () => invoke(null, 0),
      }
    },
    close: async () => checkpointer?.db.close(),
  }
}

function stateGraphOf(graph, work) {
  const results = Annotation({ reducer: (all, more) => ({ ...all, ...more }), default: () => ({}) })
  const builder = new StateGraph(Annotation.Root({ results }))
  for (const { id } of graph.steps) builder.addNode(id, async () => ({ results: { [id]: await work(id) } }))
  const needed = new Set()
  for (const { id, needs } of graph.steps) {
    for (const each of needs) needed.add(each)
    if (needs.length === 0) builder.addEdge(START, id)
    else builder.addEdge(needs.length === 1 ? needs[0] : needs, id)
  }
  for (const { id } of graph.steps) if (!needed.has(id)) builder.addEdge(id, END)
  return builder
}
