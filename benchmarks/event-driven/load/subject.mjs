/** The process that a contender is measured in: told what to do by one message, it answers by one. @module */
import { loadContender } from '../contenders/contenders.mjs'
import { backlog } from './backlog.mjs'
import { endToEnd } from './end-to-end.mjs'
import { fairness } from './fairness.mjs'

const tasks = {
  'end-to-end': endToEnd,
  backlog,
  fairness,
  fill: (contender, { count }) => contender.fill(count),
}

process.once('message', (task) => {
  process.once('disconnect', () => process.exit(1))
  perform(task).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.stack ?? String(error) }),
  )
})

async function perform({ task, name, settings, options }) {
  const { open } = await loadContender(name)
  const began = performance.now()
  const contender = await open(settings)
  const opened = performance.now() - began
  const result = await tasks[task](contender, options)
  await contender.close()
  return { opened, ...result }
}
