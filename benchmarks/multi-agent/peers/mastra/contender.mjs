/**
 * Mastra's workflows, which know chains and parallel blocks but no graph: so a graph is its levels, each a block that waits for all of the
 * one before, as its users have to write it. `way`: `libsql` keeps snapshots in a file (WAL, not fsynced, as LibSQLStore sets it).
 * @module
 */
import { join } from 'node:path'
import { Mastra } from '@mastra/core/mastra'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { LibSQLStore } from '@mastra/libsql'
import { z } from 'zod'

const anything = z.any()

export async function open({ directory, way }) {
  const storage = way === 'libsql' ? new LibSQLStore({ id: 'storage', url: `file:${join(directory, 'mastra.db')}` }) : undefined
  await storage?.init()
  let runs = 0
  return {
    prepare: (graph, work) => {
      const mastra = new Mastra({
        workflows: { graph: workflowOf(graph, work) },
        logger: false,
        ...(storage ? { storage } : {}),
      })
      return {
        run: async () => {
          const run = await mastra.getWorkflow('graph').createRun({ runId: `run-${runs++}` })
          check(await run.start({ inputData: {} }))
        },
        resume: async () => {
          const run = await mastra.getWorkflow('graph').createRun({ runId: 'run-0' })
          check(await run.restart())
        },
      }
    },
    close: async () => storage?.close?.(),
  }
}

function workflowOf(graph, work) {
  const stepOf = (id) =>
    createStep({ id, inputSchema: anything, outputSchema: anything, execute: async () => ({ text: await work(id) }) })
  const workflow = graph.levels.reduce(
    (before, level) => (level.length === 1 ? before.then(stepOf(level[0])) : before.parallel(level.map(stepOf))),
    createWorkflow({ id: 'graph', inputSchema: anything, outputSchema: anything }),
  )
  return workflow.commit()
}

function check({ status, error }) {
  if (status !== 'success') throw new Error(`The run is ${status}.`, { cause: error })
}
