/** The process that a contender is measured in: told what to do by one message, it answers by one. @module */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openContender } from '../contenders.mjs'
import { delay } from './delay.mjs'
import { detector } from './detector.mjs'
import { path } from './path.mjs'

const parts = { detector, path, delay }

setFlagsFromString('--expose-gc')
globalThis.gc = runInNewContext('gc')

process.once('message', (task) => {
  process.once('disconnect', () => process.exit(1))
  perform(task).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.stack ?? String(error) }),
  )
})

async function perform({ part, name, directory, keys, settings }) {
  const contender = await openContender(name, { directory, latency: settings.latency })
  const result = await parts[part](contender, { keys, settings })
  await contender.close()
  return result
}
