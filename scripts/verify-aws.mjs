// Tries on AWS itself the contracts that the tests try on moto, and removes there what it made: `npm run verify:aws -- --yes`, or
// only the files that are named, `-- --yes sqs kms`; with PLINTH_VERIFY_MODEL, a model of Bedrock too. What else only an account shows
// stands in docs/aws.md. Where it was killed, `-- --clean RUN` removes what it left.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ListEventBusesCommand } from '@aws-sdk/client-eventbridge'
import { accountClients, prefixOf, runForm } from '../packages/aws/test/support/account.ts'
import { removeLeftovers } from '../packages/aws/test/support/cleaning.ts'
import { keyDays } from '../packages/aws/test/support/leftovers.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/**
 * DynamoDB makes a table in half a minute, KMS takes five minutes until all of it knows that a key is disabled. They wait, and so all
 * files run at once.
 */
const options = ['--testTimeout=1200000', '--hookTimeout=300000', '--maxWorkers=5']

const { PLINTH_VERIFY_MODEL: model } = process.env
const { values, positionals } = readArguments()
const run = values.clean ?? Date.now().toString(36)
if (!runForm.test(run)) fail(`"${run}" is no id of a run, which has 1 to 16 small letters and digits.`)
const cleaning = `npm run verify:aws -- --clean ${run}`
const where = await placeOf()

if (values.clean !== undefined) {
  process.exitCode = (await clean()) ? 0 : 1
} else {
  const files = contractFiles()
  console.log(plan(files))
  if (!values.yes) fail('Nothing was made. To start: npm run verify:aws -- --yes')
  const tests = startTests(files)
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!interrupted) console.log(`\nInterrupted. What was made is removed now; should that fail: ${cleaning}`)
      interrupted = true
      tests.kill()
    })
  }
  // Of a terminal that was closed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const passed = await tests.passed
  const cleaned = await clean()
  console.log(`\nThe contracts were ${interrupted ? 'not tried to the end' : passed ? 'kept' : 'not all kept: see above'}.`)
  process.exitCode = interrupted ? 130 : passed && cleaned ? 0 : 1
}

function readArguments() {
  try {
    return parseArgs({ options: { yes: { type: 'boolean' }, clean: { type: 'string' } }, allowPositionals: true })
  } catch (error) {
    return fail(`${error.message}\nUsage: npm run verify:aws -- --yes [part of a file's name …], or --clean RUN`)
  }
}

/** Account and region in words. A call that changes nothing shows that there are credentials, and that AWS takes them. */
async function placeOf() {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = process.env
  if (!region) fail('AWS_REGION is missing: the region to try it in, such as eu-central-1.')
  const { eventbridge } = accountClients()
  const credentials = 'such as AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  await eventbridge.config.credentials().catch((error) => fail(`There are no credentials, ${credentials}: ${error.message}`))
  const account = await eventbridge.send(new ListEventBusesCommand({ NamePrefix: 'default' })).then(
    ({ EventBuses = [] }) => EventBuses[0]?.Arn?.split(':')[4],
    (error) => fail(`AWS can't be asked in ${region}: ${error.name}: ${error.message}`),
  )
  return `account ${account ?? 'unknown'}, region ${region}${endpoint ? `, by ${endpoint}` : ''}`
}

function contractFiles() {
  const folder = join('packages', 'aws', 'test')
  const contracts = readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.test.ts') && readFileSync(join(root, folder, name), 'utf8').includes('describeOnAws('))
    .map((name) => join(folder, name))
  const all = model ? [...contracts, join('packages', 'models', 'test', 'bedrock-account.test.ts')] : contracts
  const files = all.filter((path) => positionals.length === 0 || positionals.some((part) => basename(path).includes(part)))
  if (files.length === 0) fail(`No contract's file has ${positionals.join(' or ')} in its name.`)
  return files
}

function plan(files) {
  return [
    `Run ${run}: the contracts of ${files.length} files, tried in ${where}.`,
    `It makes, all named ${prefixOf(run)}…: 3 DynamoDB tables, 77 SQS queues, an EventBridge bus with a rule, an S3 bucket, a Kinesis stream of 2 shards, and 15 KMS keys`,
    'with aliases; by the names of files, only those of their services. Afterwards it removes them. That takes some 20 minutes.',
    model ? `${model} is asked twice for one token.` : 'No model of Bedrock is asked, since PLINTH_VERIFY_MODEL names none.',
    'It costs cents: requests, the stream at 3 cents an hour, and the keys at 1 $ a month each until their deletion is scheduled. From then on they cost nothing.',
  ].join('\n')
}

/** Tests in a group of processes of their own: Ctrl-C reaches only this one, which ends them all and then cleans up. */
function startTests(files) {
  const child = spawn(process.execPath, [join('scripts', 'test.mjs'), ...options, ...files], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PLINTH_VERIFY_AWS: run },
  })
  let ended = false
  const kill = () => {
    if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
  const passed = new Promise((resolve) => {
    child.on('error', (error) => fail(`The tests can't be started: ${error.message}`))
    child.on('exit', (code) => {
      ended = true
      resolve(code === 0)
    })
  })
  return { passed, kill }
}

/** Removes what the run made, and says what. @returns whether nothing is left. */
async function clean() {
  console.log(`\nRemoving what is named ${prefixOf(run)}… in ${where}.`)
  const { removed, left } = await removeLeftovers(accountClients(), run, { milliseconds: 5 * 60_000, pause: 5_000 })
  for (const [kind, names] of Object.entries(removed)) {
    if (names.size > 0) console.log(`removed: ${names.size} ${kind}: ${[...names].join(' ')}`)
  }
  if (removed.keys.size > 0)
    console.log(`The keys are deleted in ${keyDays} days; until then they open nothing and cost nothing.`)
  if (left.length === 0) console.log('Nothing of the run is left that costs anything.')
  else console.log(`LEFT:\n  ${left.join('\n  ')}\nA key costs 1 $ a month, the rest next to nothing. To try again: ${cleaning}`)
  return left.length === 0
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
