/**
 * Ours with everything on: a workflow with a caller's plan, accepted as HTTP's route does it, and run by the worker. Each step's agent is
 * given what the steps before it gave, and asks a model through the gateway, with filters, limits, usage and audit trail. The model does
 * the benchmark's work. Every step is a report agent's, so that a single last step is the synthesis.
 * @module
 */
import { patterns, Relay, silentLog, WorkerHost } from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { createWorkflow } from '../../../packages/core/dist/multi-agent/create-workflow.js'
import { openScope } from './plinth-scope.mjs'

const request = 'Put it together.'

export async function open({ directory }) {
  // A workflow of a process that died may go on before its work is known here.
  let doStep = () => Promise.reject(new Error('There is no work.'))
  const models = scriptedModels(({ prompt }) => {
    const id = [...prompt.matchAll(/Do (s\d+)\./g)].at(-1)?.[1]
    return id === undefined ? 'together' : doStep(id)
  })
  const { platform, operator, scope } = await openScope({ directory, models })
  let tell = () => {}
  operator.bus.subscribe(({ type, detail }) => {
    if (type === 'genai.workflow.finished') tell(detail.status)
  })
  /** Of the one workflow that runs. */
  const end = async () => {
    const status = await new Promise((resolve) => {
      tell = resolve
    })
    if (status !== 'completed') throw new Error(`The workflow is ${status}.`)
  }
  const relay = new Relay({ operator, log: silentLog })
  const own = patterns.filter(({ name }) => name === 'multi-agent')
  let host
  return {
    prepare: (graph, work) => {
      host ??= new WorkerHost({ platform, patterns: own, log: silentLog })
      const steps = graph.steps.map(({ id, needs }) => ({
        id,
        agent_type: 'report',
        prompt: `Do ${id}.`,
        dependencies: needs,
      }))
      return {
        run: async () => {
          doStep = work
          const ending = end()
          await createWorkflow(scope, { request, plan: { steps } })
          await ending
        },
        resume: async () => {
          doStep = work
          await end()
        },
      }
    },
    close: async () => {
      await host?.drain()
      await relay.stop()
      await platform.close()
    },
  }
}
