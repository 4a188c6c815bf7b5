import { describe, expect, it } from 'vitest'
import * as bucketChecks from '../src/checks/aws/bucket.ts'
import * as streamChecks from '../src/checks/aws/event-stream.ts'
import { clock, identity, shortened } from '../src/checks/aws/identity.ts'
import * as keyChecks from '../src/checks/aws/keys.ts'
import { modelAccess } from '../src/checks/aws/model-access.ts'
import { bus, deadLetters, jobs, outbox, queues } from '../src/checks/aws/queues.ts'
import { functionQuota, modelQuota } from '../src/checks/aws/quotas.ts'
import { region } from '../src/checks/aws/region.ts'
import { readSettings } from '../src/checks/aws/settings.ts'
import * as tableChecks from '../src/checks/aws/table.ts'
import { alertTopics } from '../src/checks/aws/topics.ts'
import type { Diagnosis } from '../src/checks/finding.ts'
import type { AwsPatient, Check } from '../src/checks/patient.ts'

import {
  dead,
  faulty,
  finds,
  hours,
  look,
  minute,
  now,
  ofLanguage,
  patient,
  sound,
  waiting,
  withKey,
  withoutStreams,
  withQueue,
  withStream,
  withTable,
} from './support/aws-patient.ts'

const { table, tableStream, tableProtection, expiry, recovery, issuerKey } = tableChecks
const { bucket, bucketEncryption, lifecycle, publicAccess, versions } = bucketChecks
const { eventStream, streamLag } = streamChecks
const { keyRotation, keyUse, pooledKey, tenantKeys } = keyChecks
const all: Readonly<Record<string, Check<AwsPatient>>> = {
  ...{ region, identity, clock, table, tableStream, tableProtection, expiry, recovery, issuerKey },
  ...{ bucket, bucketEncryption, lifecycle, publicAccess, versions, bus, queues, jobs, deadLetters, outbox },
  ...{ eventStream, streamLag, pooledKey, keyRotation, keyUse, tenantKeys, alertTopics, functionQuota, modelQuota },
  modelAccess: ofLanguage(modelAccess),
}

describe('doctor on a sound Plinth on AWS', () => {
  it.each(Object.entries(all))('%s is well', async (_, check) => {
    const found = await look(check)
    expect(found).toEqual({ status: 'ok', message: expect.stringMatching(/\w/) })
  })

  it('looks for the topics that the stack makes', async () => {
    const asked: unknown[] = []
    const { account, ...others } = patient()
    const topics: typeof account.topics = async (prefix, types) => {
      asked.push([prefix, ...types])
      return { facts: [] }
    }
    await alertTopics.look({ ...others, account: { ...account, topics } })
    const types = ['high_priority', 'high_risk', 'anomaly_detected']
    expect(asked).toEqual([['arn:aws:sns:eu-central-1:111122223333:', ...types]])
  })
})

describe('doctor on AWS finds', () => {
  finds([
    [
      'models in another region',
      region,
      [{}, { modelSettings: () => ({ bedrock: { region: 'us-east-1' } }) }],
      'problem',
      /eu-central-1.*us-east-1/,
      /PLINTH_REGION/,
    ],
    [
      'a clock that is behind',
      clock,
      [{ identity: { ...sound.identity, drift: -30_000 } }],
      'warning',
      /30 seconds behind/,
      /time server/,
    ],
    [
      'a clock that AWS refuses',
      clock,
      [{ identity: { ...sound.identity, drift: 10 * minute } }],
      'problem',
      /10 minutes ahead/,
      /time server/,
    ],
    [
      'a clock told by a refusal',
      clock,
      [{ identity: faulty('credentials', 'SignatureDoesNotMatch', { drift: -hours(2) }) }],
      'problem',
      /2 hours behind/,
      /time server/,
    ],
    [
      'no credentials',
      identity,
      [{ identity: faulty('credentials', 'CredentialsProviderError') }],
      'problem',
      /no credentials.*Nothing on AWS/,
      /AWS_PROFILE/,
    ],
    ['credentials that expired', identity, [{ identity: faulty('credentials', 'ExpiredToken') }], 'problem', /expired/, /log in/],
    [
      'credentials that nobody knows',
      identity,
      [{ identity: faulty('credentials', 'InvalidClientTokenId') }],
      'problem',
      /InvalidClientTokenId/,
      /log in/,
    ],
    [
      'credentials that a clock spoils',
      identity,
      [{ identity: faulty('credentials', 'SignatureDoesNotMatch', { drift: hours(1) }) }],
      'problem',
      /clock is off/,
      /clock/,
    ],
    ['STS that says nothing', identity, [{ identity: faulty('silent', 'ETIMEDOUT') }], 'warning', /ETIMEDOUT/, /VPC/],
    [
      'AWS that says nothing',
      identity,
      [{ identity: faulty('silent', 'ECONNREFUSED'), table: faulty('silent', 'ECONNREFUSED') }],
      'problem',
      /ECONNREFUSED.*Nothing on AWS was looked at/,
      /AWS_ENDPOINT_URL/,
    ],
    [
      'no table on an emulator',
      table,
      [{ table: faulty('missing') }, { environment: { endpoint: 'http://127.0.0.1:5000' } }],
      'problem',
      /no table plinth/,
      /PLINTH_AWS_CREATE=on/,
    ],
    ['a table that is being made', table, withTable({ status: 'CREATING' }), 'problem', /CREATING/, /console/],
    [
      'a table of another form',
      table,
      withTable({ differences: ['it has no index outbox'] }),
      'problem',
      /no index outbox/,
      /PLINTH_TABLE/,
    ],
    ['no table', table, [{ table: faulty('missing') }], 'problem', /no table plinth in eu-central-1/, /PLINTH_TABLE/],
    [
      'no table yet',
      table,
      [{ table: faulty('missing') }, { environment: { create: true } }],
      'warning',
      /no table plinth/,
      /next start makes it/,
    ],
    [
      'a table that may not be looked at',
      table,
      [{ table: faulty('denied') }],
      'warning',
      /no leave for dynamodb:DescribeTable/,
      /Allow dynamodb:DescribeTable/,
    ],
    [
      'a table behind a wall',
      table,
      [{ table: faulty('silent', 'TimeoutError') }],
      'problem',
      /no answer \(TimeoutError\)/,
      /network/,
    ],
    ['a throttle', table, [{ table: faulty('failed', 'ThrottlingException') }], 'warning', /ThrottlingException/, /again/],
    [
      'credentials that end meanwhile',
      table,
      [{ table: faulty('credentials', 'ExpiredToken') }],
      'problem',
      /ExpiredToken/,
      /log in/,
    ],
    [
      'a table without a stream',
      tableStream,
      withTable({ streamView: undefined }),
      'warning',
      /has none/,
      /StreamViewType=NEW_IMAGE/,
    ],
    ['a stream that shows too little', tableStream, withTable({ streamView: 'KEYS_ONLY' }), 'warning', /KEYS_ONLY/, /NEW_IMAGE/],
    [
      'a table that anybody deletes',
      tableProtection,
      withTable({ protected: false }),
      'warning',
      /one call/,
      /--deletion-protection-enabled/,
    ],
    [
      'a table that keeps what expired',
      expiry,
      [{ expiry: { status: 'DISABLED', attribute: undefined } as never }],
      'warning',
      /DISABLED/,
      /AttributeName=ttl/,
    ],
    [
      'a table that forgets by another attribute',
      expiry,
      [{ expiry: { status: 'ENABLED', attribute: 'e' } }],
      'problem',
      /attribute e,/,
      /ttl/,
    ],
    ['a table without a way back', recovery, [{ recovery: false }], 'warning', /taken back/, /PointInTimeRecoveryEnabled=true/],
    [
      'a bucket elsewhere',
      bucket,
      [{ bucket: { region: 'us-east-1' } }],
      'problem',
      /in us-east-1, and Plinth in eu-central-1/,
      /PLINTH_BUCKET/,
    ],
    ['a bucket of somebody else', bucket, [{ bucket: faulty('denied') }], 'warning', /another account/, /PLINTH_BUCKET/],
    ['no bucket', bucket, [{ bucket: faulty('missing') }], 'problem', /no bucket plinth/, /PLINTH_BUCKET/],
    ['an open bucket', publicAccess, [{ publicAccess: false }], 'warning', /public/, /put-public-access-block/],
    [
      'a bucket that encrypts nothing',
      bucketEncryption,
      [{ bucketEncryption: undefined as never }],
      'warning',
      /encrypts/,
      /encryption/,
    ],
    ['a bucket without versions', versions, [{ versions: false }], 'warning', /versions/, /put-bucket-versioning/],
    [
      'a bucket that keeps uploads',
      lifecycle,
      [{ lifecycle: { uploads: false, versions: true } }],
      'warning',
      /uploads/,
      /after a day/,
    ],
    [
      'a bucket that keeps versions',
      lifecycle,
      [{ lifecycle: { uploads: true, versions: false } }],
      'warning',
      /replaced/,
      /35 days/,
    ],
    ['no bus', bus, [{ bus: faulty('missing') }], 'problem', /no bus genai-eventbus/, /PLINTH_BUS/],
    [
      'no queue',
      queues,
      [{ queues: { ...sound.queues, missing: ['plinth-b-low'] } }],
      'problem',
      /no queue plinth-b-low/,
      /PLINTH_QUEUE_PREFIX/,
    ],
    [
      'a queue without dead letters',
      queues,
      withQueue({ deadLetters: undefined }),
      'warning',
      /puts nothing with the dead letters/,
      /Deploy/,
    ],
    [
      'a queue with dead letters elsewhere',
      queues,
      withQueue({ deadLetters: 'arn:other' }),
      'warning',
      /into arn:other/,
      /Deploy/,
    ],
    ['a queue that hides a job too shortly', queues, withQueue({ hidden: 30 }), 'warning', /for 30 seconds only/, /Deploy/],
    ['a queue that forgets', queues, withQueue({ kept: 4 * 86_400 }), 'warning', /after 4 days/, /Deploy/],
    ['a queue in clear', queues, withQueue({ encrypted: false }), 'warning', /isn't encrypted/, /Deploy/],
    ['jobs that nobody takes', jobs, withQueue(waiting), 'warning', /3 jobs waiting; 0 at work.*plinth-a-normal/, /plinth start/],
    [
      'jobs that wait for long',
      jobs,
      [{ ...withQueue({ ...waiting, working: 1 })[0], oldestJob: 11 * minute }],
      'warning',
      /oldest for 11 minutes/,
      /concurrency/,
    ],
    [
      'dead letters',
      deadLetters,
      [{ queues: { ...sound.queues, dead: { ...dead, waiting: 2 } } }],
      'warning',
      /2 messages in plinth-dead/,
      /start-message-move-task --source-arn arn:dead/,
    ],
    [
      'dead letters in somebody’s hands',
      deadLetters,
      [{ queues: { ...sound.queues, dead: { ...dead, working: 1 } } }],
      'warning',
      /1 message in plinth-dead/,
      /start-message-move-task/,
    ],
    [
      'a relay that is behind',
      outbox,
      [{ outbox: { due: 800, more: true, since: now - 2 * minute } as never }],
      'warning',
      /800 or more.*2 minutes/,
      /function relay/,
    ],
    ['a stream that is being made', eventStream, withStream({ status: 'CREATING' }), 'problem', /CREATING/, /Wait/],
    ['a stream in clear', eventStream, withStream({ encrypted: false }), 'warning', /doesn't encrypt/, /start-stream-encryption/],
    ['no stream', eventStream, [{ stream: faulty('missing') }], 'problem', /no stream plinth/, /PLINTH_STREAM/],
    ['a stream that is read late', streamLag, [{ streamLag: 20 * minute }], 'warning', /20 minutes after/, /shards/],
    ['a stream that is about to forget', streamLag, [{ streamLag: hours(13) }], 'problem', /After 24 hours/, /shards/],
    ['figures that may not be looked at', streamLag, [{ streamLag: faulty('denied') }], 'warning', /no leave/, /Allow/],
    [
      'figures that do not come',
      streamLag,
      [{ streamLag: faulty('silent', 'ECONNREFUSED') }],
      'warning',
      /ECONNREFUSED/,
      /network/,
    ],
    ['a disabled key', pooledKey, withKey({ state: 'Disabled' }), 'problem', /disabled/, /enable-key --key-id k-1/],
    [
      'a key that is to go',
      pooledKey,
      withKey({ state: 'PendingDeletion', deleted: Date.UTC(2026, 11, 24) }),
      'problem',
      /deleted on 2026-12-24/,
      /cancel-key-deletion --key-id k-1/,
    ],
    ['a key in another state', pooledKey, withKey({ state: 'Unavailable' }), 'problem', /Unavailable/, /console/],
    ['no key yet', pooledKey, [{ key: faulty('missing') }], 'warning', /no alias\/plinth-pooled-key yet/, /kms:CreateKey/],
    [
      'no key of that name',
      pooledKey,
      [{ key: faulty('missing') }, { environment: { pooledKey: 'alias/own' } }],
      'problem',
      /no key alias\/own/,
      /PLINTH_POOLED_KEY/,
    ],
    [
      'a key that never changes',
      keyRotation,
      [{ rotation: false }],
      'warning',
      /keeps its material/,
      /enable-key-rotation --key-id k-1/,
    ],
    ['a key that wraps nothing', keyUse, [{ keyUse: 'DisabledException' }], 'problem', /DisabledException/, /enabled/],
    [
      'a topic that is missing',
      alertTopics,
      [{ topics: [{ name: 'genai-alerts-high_risk', subscribers: undefined }] }],
      'warning',
      /no topic genai-alerts-high_risk/,
      /subscribe/,
    ],
    [
      'a topic that nobody hears',
      alertTopics,
      [{ topics: [{ name: 'genai-alerts-high_risk', subscribers: 0 }] }],
      'warning',
      /Nobody is told/,
      /aws sns subscribe/,
    ],
  ])
})

describe('doctor on AWS says nothing', () => {
  it.each<readonly [string, Check<AwsPatient>, Parameters<typeof patient>]>([
    ['of the stream of a table that is missing', tableStream, [{ table: faulty('missing') }]],
    ['of the expiry of a table that is missing', expiry, [{ expiry: faulty('missing') }]],
    ['of the rows of a table that is missing', outbox, [{ outbox: faulty('missing') }]],
    ['of the rotation of a key that is disabled', keyRotation, withKey({ state: 'Disabled' })],
    ['of the use of a key that is missing', keyUse, [{ keyUse: faulty('missing') }]],
    ['of dead letters without their queue', deadLetters, [{ queues: { ...sound.queues, dead: undefined as never } }]],
    ['of a stream that nobody read lately', streamLag, [{ streamLag: undefined }]],
    ['of a stream that these patterns have no use for', eventStream, [{}, withoutStreams]],
    ['of records that nobody sends', streamLag, [{}, withoutStreams]],
    ['of alerts that nobody raises', alertTopics, [{}, withoutStreams]],
  ])('%s', async (_, check, of) => {
    expect(await look(check, ...of)).toBeUndefined()
  })
})

describe('doctor on AWS is content', () => {
  it.each<readonly [string, Check<AwsPatient>, Parameters<typeof patient>, RegExp]>([
    [
      'with jobs that came just now',
      jobs,
      [{ ...withQueue(waiting)[0], oldestJob: minute }],
      /3 jobs waiting, the oldest for 1 minute/,
    ],
    ['with jobs that are at work', jobs, withQueue({ ...waiting, working: 2, held: 4 }), /2 at work, 4 held/],
    [
      'with events that are due since a moment',
      outbox,
      [{ outbox: { due: 1, more: false, since: now - 1_000 } as never }],
      /^1 events/,
    ],
    [
      'with leftovers in a bucket without versions',
      lifecycle,
      [{ versions: false, lifecycle: { uploads: true, versions: false } }],
      /left over/,
    ],
    ['with a stream that shows more', tableStream, withTable({ streamView: 'NEW_AND_OLD_IMAGES' }), /NEW_AND_OLD/],
    ['before the first start', issuerKey, [{ issuer: false }], /first start makes it/],
  ])('%s', async (_, check, of, message) => {
    expect(await look(check, ...of)).toEqual({ status: 'ok', message: expect.stringMatching(message) })
  })
})

describe('settings of AWS', () => {
  const read = (variables: Readonly<Record<string, string | undefined>>) => {
    for (const [name, value] of Object.entries(variables)) if (value === 'bad') throw new Error(`${name} is bad.`)
    if (!variables.AWS_REGION) throw new Error('AWS_REGION must be set.')
    return 'read'
  }

  it('that are wrong are all named at once, each once', () => {
    expect(readSettings({ AWS_REGION: 'eu-central-1' }, read)).toEqual({ environment: 'read' })
    const { finding } = readSettings({ PLINTH_TABLE: 'bad', PLINTH_BUCKET: 'bad', PLINTH_BUS: 'good' }, read) as {
      finding: Diagnosis
    }
    expect(finding.message).toBe('PLINTH_TABLE is bad. PLINTH_BUCKET is bad. Nothing on AWS was looked at.')
    expect(readSettings({}, read)).toMatchObject({
      finding: { status: 'problem', message: expect.stringMatching(/^AWS_REGION must/) },
    })
  })
})

it('a session’s name is shortened, and a user’s is not', () => {
  expect(shortened(sound.identity.arn)).toBe('arn:aws:sts::111122223333:assumed-role/Ops/jane…')
  expect(shortened('arn:aws:iam::111122223333:user/deployer')).toBe('arn:aws:iam::111122223333:user/deployer')
})
