/**
 * Who is measured. A contender's module exports `open({ directory, way })`, which gives `prepare(graph, work)` and `close()`. What is
 * prepared has `run()`, which runs the graph once, and resolves when all of it has ended; `work(id)` does a step and gives its text. What
 * keeps runs also has `resume()`, which goes on with the first one of a process that died.
 * @module
 */
import { join } from 'node:path'

const peers = join(import.meta.dirname, 'peers')
const peer = (name, ...packages) => ({ folder: join(peers, name), packages })
const langgraph = peer(
  'langgraph',
  '@langchain/langgraph',
  '@langchain/core',
  '@langchain/langgraph-checkpoint-sqlite',
  'better-sqlite3',
)
const mastra = peer('mastra', '@mastra/core', '@mastra/libsql')
const strands = peer('strands', '@strands-agents/sdk')

/**
 * - `keeps`: a run outlives its process, step by step.
 * - `resumes`: it is tried whether it does.
 * - `accepts`: steps side by side; of more, the plan is refused.
 * - `most`: steps beyond which it is too slow to be measured as others are: one run then, after none to warm up.
 */
export const contenders = {
  promises: { title: 'promises alone: the least that it can cost', module: './contenders/promises.mjs' },
  plinth: { title: 'Plinth’s engine, journal in memory', module: './contenders/plinth-engine.mjs', way: 'memory', ours: true },
  'plinth-journal': {
    title: 'Plinth’s engine, journal in SQLite, sealed',
    module: './contenders/plinth-engine.mjs',
    way: 'journal',
    keeps: true,
    ours: true,
  },
  'plinth-whole': {
    title: 'Plinth, all of it: agents that ask a model',
    module: './contenders/plinth-whole.mjs',
    accepts: 1_000,
    keeps: true,
    resumes: true,
    ours: true,
  },
  langgraph: { title: 'LangGraph.js, StateGraph', module: './peers/langgraph/contender.mjs', peer: langgraph },
  'langgraph-sqlite': {
    title: 'LangGraph.js, StateGraph and SqliteSaver',
    module: './peers/langgraph/contender.mjs',
    way: 'sqlite',
    keeps: true,
    resumes: true,
    peer: langgraph,
  },
  mastra: { title: 'Mastra, workflow without storage', module: './peers/mastra/contender.mjs', peer: mastra },
  'mastra-libsql': {
    title: 'Mastra, workflow and LibSQLStore',
    module: './peers/mastra/contender.mjs',
    way: 'libsql',
    keeps: true,
    resumes: true,
    most: 200,
    peer: mastra,
  },
  strands: { title: 'Strands, Graph of plain nodes', module: './peers/strands/contender.mjs', peer: strands },
  'strands-agents': {
    title: 'Strands, Graph of agents that ask a model',
    module: './peers/strands/contender.mjs',
    way: 'agents',
    peer: strands,
  },
  'strands-session': {
    title: 'Strands, Graph of plain nodes and a session in files',
    module: './peers/strands/contender.mjs',
    way: 'session',
    keeps: true,
    resumes: true,
    most: 200,
    peer: strands,
  },
}

/** Opens a contender in this process. */
export async function openContender(name, directory) {
  const { module, way } = contenders[name]
  const { open } = await import(module)
  return open({ directory, way })
}
