/** The process that a contender is measured in: told what to do by one message, it answers by one. @module */
import { openContender } from '../contenders.mjs'
import { graphOf } from '../graphs.mjs'
import { cost } from './cost.mjs'
import { dieOnce } from './die-once.mjs'
import { makespan } from './makespan.mjs'

const tasks = { cost, makespan, dieOnce }

process.once('message', (task) => {
  process.once('disconnect', () => process.exit(1))
  perform(task).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.stack ?? String(error) }),
  )
})

async function perform({ task, name, directory, graph, ...options }) {
  const contender = await openContender(name, directory)
  const result = await tasks[task](contender, graphOf(graph), options)
  await contender.close()
  return result
}
