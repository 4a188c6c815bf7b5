import { InvalidInputError, jobNames, PlinthError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { alertTopic } from '../../core/src/analytics/alerts/alert-content.ts'
import {
  alertTopicName,
  deadLetterQueueName,
  hostOf,
  lanesOf,
  ocrOf,
  queueName,
  queueNames,
  readAwsEnvironment,
  streamVariable,
  variablesOf,
} from '../src/environment.ts'

const region = { AWS_REGION: 'eu-central-1' }

describe('the environment of the platform aws', () => {
  it('[R120] has defaults for everything but the region', () => {
    expect(readAwsEnvironment(region)).toEqual({
      region: 'eu-central-1',
      table: 'plinth',
      bucket: 'plinth',
      bus: 'genai-eventbus',
      queuePrefix: 'plinth',
      pooledKey: 'alias/plinth-pooled-key',
      stream: 'plinth',
      create: false,
    })
  })

  it('takes the first region that is set, and an emulator', () => {
    const all = { PLINTH_REGION: 'us-west-2', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-gov-east-1' }
    expect(readAwsEnvironment(all).region).toBe('us-west-2')
    expect(readAwsEnvironment({ ...all, PLINTH_REGION: '' }).region).toBe('eu-west-1')
    expect(readAwsEnvironment({ AWS_DEFAULT_REGION: 'us-gov-east-1' }).region).toBe('us-gov-east-1')
    const emulator = { ...region, AWS_ENDPOINT_URL: 'http://127.0.0.1:5000', PLINTH_AWS_CREATE: 'on' }
    expect(readAwsEnvironment(emulator)).toMatchObject({ endpoint: 'http://127.0.0.1:5000', create: true })
  })

  it.each([
    ['AWS_REGION', ''],
    ['AWS_REGION', 'Frankfurt'],
    ['PLINTH_REGION', 'local'],
    ['AWS_ENDPOINT_URL', 'localhost:5000'],
    ['AWS_ENDPOINT_URL', 'file:///etc'],
    ['PLINTH_TABLE', 'a'],
    ['PLINTH_TABLE', 'a table'],
    ['PLINTH_BUCKET', 'A_B'],
    ['PLINTH_BUCKET', 's3://bucket'],
    ['PLINTH_BUCKET', '192.168.1.1'],
    ['PLINTH_BUS', 'a bus'],
    ['PLINTH_QUEUE_PREFIX', 'with.dots'],
    ['PLINTH_QUEUE_PREFIX', 'x'.repeat(41)],
    ['PLINTH_POOLED_KEY', 'no key!'],
    ['PLINTH_STREAM', 'a stream'],
    ['PLINTH_STREAM', 'x'.repeat(129)],
    ['PLINTH_TOPIC_ARNS', 'genai-alerts'],
    ['PLINTH_TOPIC_ARNS', 'arn:aws:sns:eu-central-1:111122223333:genai-alerts'],
    ['PLINTH_AWS_CREATE', 'yes'],
    ['PLINTH_SEARCH', 'lucene'],
    ['PLINTH_OCR', 'on'],
    ['PLINTH_PATTERNS', 'rag,rags'],
    ['PLINTH_PATTERNS', ','],
  ])('[X70] %s is refused as "%s", and named', (name, value) => {
    const read = (): unknown => readAwsEnvironment({ ...region, [name]: value })
    expect(read).toThrow(InvalidInputError)
    try {
      read()
    } catch (error) {
      expect(PlinthError.is(error) && [error.field, error.message]).toEqual([name, expect.stringContaining(name)])
    }
  })

  it('says where documents are searched, and what that needs', () => {
    const read = (search: Record<string, string>) => readAwsEnvironment({ ...region, ...search }).search
    expect(read({ PLINTH_SEARCH: 'segments', PLINTH_VECTOR_BUCKET: 'unused' })).toBeUndefined()
    expect(read({ PLINTH_SEARCH: 's3vectors', PLINTH_VECTOR_BUCKET: 'my-vectors' })).toEqual({
      engine: 's3vectors',
      vectorBucket: 'my-vectors',
    })
    const openSearch = (endpoint: string, service?: string) =>
      read({
        PLINTH_SEARCH: 'opensearch',
        PLINTH_OPENSEARCH_ENDPOINT: endpoint,
        ...(service ? { PLINTH_OPENSEARCH_SERVICE: service } : {}),
      })
    const [domain, collection] = ['https://x.eu-central-1.es.amazonaws.com', 'https://x.eu-central-1.aoss.amazonaws.com']
    expect(openSearch(`${domain}/`)).toEqual({ engine: 'opensearch', endpoint: domain, service: 'es' })
    expect(openSearch(collection)).toEqual({ engine: 'opensearch', endpoint: collection, service: 'aoss' })
    expect(openSearch('https://search.example.com', 'aoss')).toMatchObject({ service: 'aoss' })
    expect(openSearch('http://localhost:9200')).toMatchObject({ endpoint: 'http://localhost:9200', service: 'es' })
  })

  it.each([
    ['PLINTH_VECTOR_BUCKET', { PLINTH_SEARCH: 's3vectors' }],
    ['PLINTH_VECTOR_BUCKET', { PLINTH_SEARCH: 's3vectors', PLINTH_VECTOR_BUCKET: 'Not_A_Bucket' }],
    ['PLINTH_OPENSEARCH_ENDPOINT', { PLINTH_SEARCH: 'opensearch' }],
    ['PLINTH_OPENSEARCH_ENDPOINT', { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'http://search.example.com' }],
    ['PLINTH_OPENSEARCH_ENDPOINT', { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'https://user:word@x.example' }],
    ['PLINTH_OPENSEARCH_ENDPOINT', { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'https://x.example/path' }],
    [
      'PLINTH_OPENSEARCH_SERVICE',
      { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'https://x.example', PLINTH_OPENSEARCH_SERVICE: 'ec2' },
    ],
  ])('[X70] %s is missed or refused where the search needs it', (name, search) => {
    expect(() => readAwsEnvironment({ ...region, ...search })).toThrow(
      expect.objectContaining({ field: name, message: expect.stringContaining(name) }),
    )
  })

  it('has Textract read scanned pages, but on an emulator, which can not', () => {
    expect(ocrOf(readAwsEnvironment(region))).toBe('textract')
    expect(ocrOf(readAwsEnvironment({ ...region, AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' }))).toBe('tesseract')
    expect(ocrOf(readAwsEnvironment({ ...region, AWS_ENDPOINT_URL: 'http://127.0.0.1:5000', PLINTH_OCR: 'textract' }))).toBe(
      'textract',
    )
    expect(ocrOf(readAwsEnvironment({ ...region, PLINTH_OCR: 'off' }))).toBe('off')
  })

  it.each([
    { PLINTH_SEARCH: 's3vectors', PLINTH_VECTOR_BUCKET: 'my-vectors', PLINTH_OCR: 'off', PLINTH_PATTERNS: 'rag,multi-tenant' },
    { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'https://x.example', PLINTH_OPENSEARCH_SERVICE: 'aoss' },
    { PLINTH_STREAM: 'records.of-all', PLINTH_TOPIC_ARNS: 'arn:aws-cn:sns:cn-north-1:111122223333:' },
  ])('search, OCR, patterns, stream and topics are read as they were written for a function', (search) => {
    const read = readAwsEnvironment({ ...region, ...search })
    const { region: _, create: __, ...written } = read
    expect(variablesOf(written)).toMatchObject(search)
    expect(readAwsEnvironment({ ...region, ...variablesOf(written) })).toEqual(read)
  })

  it('is read as it was written for a function', () => {
    const { region: _, create: __, ...written } = readAwsEnvironment({ ...region, PLINTH_TABLE: 't-1', PLINTH_BUCKET: 'b-1' })
    expect(readAwsEnvironment({ ...region, ...variablesOf(written) })).toEqual({
      ...written,
      region: 'eu-central-1',
      create: false,
    })
  })

  it('names queues by job and lane', () => {
    expect(queueName('p', 'event-driven.process', 'high')).toBe('p-event-driven-process-high')
    expect(deadLetterQueueName('p')).toBe('p-dead')
  })

  it('has no queue for a lane in which a job is not sent, and takes what says that lane nevertheless', () => {
    expect(lanesOf('event-driven.process')).toEqual(['high', 'normal', 'low'])
    expect(lanesOf('rag.ingest')).toEqual(['normal'])
    expect(lanesOf('multi-agent.advance')).toEqual(['high', 'normal'])
    for (const lane of ['high', 'normal', 'low']) expect(queueName('p', 'rag.ingest', lane)).toBe('p-rag-ingest-normal')
    // What is less urgent than any of its queues joins the last of them.
    expect(queueName('p', 'multi-agent.advance', 'high')).toBe('p-multi-agent-advance-high')
    expect(queueName('p', 'multi-agent.advance', 'low')).toBe('p-multi-agent-advance-normal')
  })

  it('has a queue of its own for what must not stand behind others, and one for the rest', () => {
    expect(queueName('p', 'rag.clean', 'low')).toBe('p-rag-embed-normal')
    expect(queueName('p', 'event-driven.replay', 'low')).toBe('p-event-driven-deliver-low')
    expect(lanesOf('analytics.publish')).toEqual(lanesOf('analytics.tick'))
    expect(queueNames('p', jobNames).toSorted()).toEqual([
      'p-analytics-tick-normal',
      'p-analytics-triage-normal',
      ...['normal', 'low'].map((lane) => `p-event-driven-deliver-${lane}`).toSorted(),
      'p-event-driven-expire-normal',
      ...['high', 'low', 'normal'].map((lane) => `p-event-driven-process-${lane}`),
      ...['high', 'normal'].map((lane) => `p-multi-agent-advance-${lane}`),
      'p-rag-embed-normal',
      'p-rag-ingest-normal',
    ])
    // Jobs that share queues are worked by one function, so they are of one pattern.
    for (const job of jobNames) expect(hostOf(job).split('.')[0]).toBe(job.split('.')[0])
  })

  it('a function that tells nothing of events is told of no bus, and one that has to do with no records of no stream', () => {
    const { bus: _, stream: __, region: ___, create: ____, ...silent } = readAwsEnvironment(region)
    expect(Object.keys(variablesOf(silent)).filter((name) => /BUS|STREAM|TOPIC/.test(name))).toEqual([])
    expect(streamVariable('records')).toEqual({ PLINTH_STREAM: 'records' })
  })

  it('[R82] names the topics of alerts by their types, as core does', () => {
    expect(alertTopicName('high_risk')).toBe('genai-alerts-high_risk')
    expect(alertTopicName('own')).toBe(alertTopic('own'))
  })
})
