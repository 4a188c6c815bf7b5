import { resolve } from 'node:path'
import { type RunningServer, readEnvironment, runServer } from '@plinth/server'
import { Command } from 'commander'
import { refuseBadPeers } from '../checks/peers.ts'
import { synthesiseTemplate } from '../synthesise-template.ts'

export function startCommand(): Command {
  return new Command('start')
    .description(
      'Start Plinth on the platform of PLINTH_PLATFORM, the embedded one unless it is set, and stay in the foreground.',
    )
    .option('--port <port>', 'the port to listen on (default: PORT, else 4000)')
    .option('--data-dir <folder>', 'the data folder (default: PLINTH_DATA_DIR, else .plinth)')
    .option('--json', 'print one line of JSON when it listens')
    .action(start)
}

interface StartOptions {
  readonly port?: string
  readonly dataDir?: string
  readonly json?: boolean
}

async function start(options: StartOptions): Promise<void> {
  const environment = {
    ...process.env,
    ...(options.port === undefined ? {} : { PORT: options.port }),
    ...(options.dataDir === undefined ? {} : { PLINTH_DATA_DIR: options.dataDir }),
  }
  refuseBadPeers(readEnvironment(environment))
  const server = await runServer({ environment, synthesise: synthesiseTemplate })
  const { url, directory, platform, models } = server
  const link = server.consoleLink()
  if (options.json)
    console.log(
      JSON.stringify({
        url,
        ...(link === undefined ? {} : { console_url: link }),
        ...(directory === undefined ? {} : { data_dir: directory }),
        platform: platform.name,
        model: models.defaultModel,
        pid: process.pid,
      }),
    )
  else console.log(greeting(server, told(url, directory, platform.name), models.defaultModel, link))
}

/** What the other terminal has to be told, since it doesn't know what this one was. */
function told(url: string, directory: string | undefined, platform: string): string {
  const address = url === 'http://127.0.0.1:4000' ? '' : `PLINTH_URL=${url} `
  const folder = directory === undefined || resolve(directory) === resolve('.plinth') ? '' : `PLINTH_DATA_DIR=${directory} `
  // And AWS's own variables, which it must have too.
  return address + folder + (platform === 'aws' ? 'PLINTH_PLATFORM=aws ' : '')
}

function greeting({ url, place, platform }: RunningServer, told: string, model: string, link: string | undefined): string {
  const note = model === 'local/extractive' ? ' (extracts and quotes by rule; it is no language model)' : ''
  return `Plinth listens on ${url}
  platform  ${platform.name}, ${place}
  model     ${model}${note}
${link === undefined ? '' : `  console   ${link}  (good once, for an hour)\n`}
Try, in another terminal:
  ${told}npx --no-install plinth submit "Summarise: Queues absorb bursts. Workers drain them at their own pace."
  ${told}npx --no-install plinth ingest docs/decisions/*.md
  ${told}npx --no-install plinth ask "What does an idle queue cost?"
  ${told}npx --no-install plinth run "What does a refusal cost, when is a budget overspent, and what does an idle queue cost? Report it."
  TOKEN=$(${told}npx --no-install plinth token --tenant demo)
  curl -s ${url}/api/requests -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"prompt":"Hello"}'
`
}
