// A process of its own that loads a server: told its task by a message, answers by one.
import { arrive } from './arrivals.mjs'

process.once('message', (task) => {
  arrive(task)
    .then((result) => ({ result }))
    .catch((error) => ({ error: error.stack }))
    .then((answer) => process.send(answer))
})
