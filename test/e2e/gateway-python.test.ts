/**
 * Programs in Python as they are, on the real command: boto3 is told where Plinth is, and a token of it, by its environment; the code
 * knows of neither.
 */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { chunk, OpenAIStub, text } from '../../packages/models/test/openai-stub.ts'
import { describeWithBoto3 } from '../../packages/server/test/gateway/bedrock/support/boto3.ts'
import { call } from './support/api.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const model = 'anthropic.claude-3-5-sonnet-20241022-v2:0'

/** What boto3 says of an error: its class, its code, its status, and how often it had asked. */
interface Refused {
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly status: number
  readonly attempts: number
}

const refusedBy = (statement: string): string =>
  [
    'try:',
    `    ${statement}`,
    "    result = 'answered'",
    'except Exception as error:',
    "    said = getattr(error, 'response', {})",
    "    metadata = said.get('ResponseMetadata', {})",
    '    result = {',
    "        'kind': type(error).__name__,",
    "        'code': said.get('Error', {}).get('Code'),",
    "        'message': said.get('Error', {}).get('Message'),",
    "        'status': metadata.get('HTTPStatusCode'),",
    "        'attempts': metadata.get('RetryAttempts', 0) + 1,",
    '    }',
  ].join('\n')

const messages = "[{'role': 'user', 'content': [{'text': 'How big?'}]}]"
const converse = `client.converse(modelId='${model}', messages=${messages})`

describeWithBoto3('boto3 with an endpoint, a token and a region in its environment', () => {
  const folder = temporaryFolder()
  let stub: OpenAIStub
  let server: RunningPlinth
  let admin: string
  beforeAll(async () => {
    stub = await OpenAIStub.start()
    server = await startPlinth(folder, { PLINTH_MODEL: 'openai-compatible/x', PLINTH_MODEL_BASE_URL: stub.url })
    admin = await tokenOf('demo', ['*'])
  })
  afterAll(() => stub.close())

  const tokenOf = (tenant: string, permissions: readonly string[] = ['models:write']): Promise<string> =>
    mintToken({ tenant, user: 'ann', permissions, lifetime: 3_600 }, { PLINTH_DATA_DIR: folder })

  /** A new tenant's token. */
  async function tenant(tenant_id: string, settings: object = {}): Promise<string> {
    const body = { tenant_id, name: tenant_id, ...settings }
    expect((await call(server.url, '/api/tenants', { token: admin, body })).status).toBe(201)
    return tokenOf(tenant_id)
  }

  /** Runs a program and gives what it puts into `result`. Only its waits between attempts are left out. */
  async function python<T>(token: string, ...lines: readonly string[]): Promise<T> {
    const begin = ['import boto3, json, time', 'time.sleep = lambda seconds: None', "client = boto3.client('bedrock-runtime')"]
    const program = [...begin, 'result = None', ...lines, 'print(json.dumps(result))'].join('\n')
    const { PATH, HOME, PYENV_ROOT } = process.env
    const env = {
      ...{ PATH, HOME, PYENV_ROOT },
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
      AWS_BEARER_TOKEN_BEDROCK: token,
    }
    const child = spawn('python3', ['-c', program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece
    })
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      error += piece
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`python3 ended with ${String(code)}: ${error}`)
    return JSON.parse(out) as T
  }

  it('is answered when it calls as the event-driven pattern does [R8]', async () => {
    const result = await python<object>(
      await tenant('seed'),
      "detail = {'model_id': 'anthropic.claude-3-5-sonnet-20241022-v2:0', 'prompt': 'How big?'}",
      'response = client.invoke_model(',
      "    modelId=detail['model_id'],",
      '    body=json.dumps({',
      "        'anthropic_version': 'bedrock-2023-05-31',",
      "        'max_tokens': 1000,",
      "        'messages': [{'role': 'user', 'content': detail['prompt']}]",
      '    })',
      ')',
      "result = json.loads(response['body'].read())",
    )
    expect(result).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 10 },
    })
    expect(stub.calls.at(-1)?.body).toMatchObject({ max_tokens: 1000, messages: [{ role: 'user', content: 'How big?' }] })
  })

  it('is answered when it calls as the multi-tenant pattern does, with the tenant in the metadata [X63]', async () => {
    const result = await python<object>(
      await tenant('seed-tenant'),
      `response = client.invoke_model(modelId='${model}', body=json.dumps({`,
      "    'anthropic_version': 'bedrock-2023-05-31',",
      "    'max_tokens': 100,",
      "    'messages': [{'role': 'user', 'content': 'How big?'}],",
      "    'metadata': {'tenant_id': 'seed-tenant', 'isolation_level': 'pool'}",
      '}))',
      "result = json.loads(response['body'].read())",
    )
    expect(result).toMatchObject({ content: [{ type: 'text', text }] })
  })

  it('converses, has both streams as they come, and counts tokens', async () => {
    const result = await python<Record<string, unknown>>(
      await tenant('talker'),
      `whole = ${converse}`,
      `events = list(client.converse_stream(modelId='us.${model}', messages=${messages})['stream'])`,
      "body = json.dumps({'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 9, 'messages': [{'role': 'user', 'content': 'x'}]})",
      `chunks = client.invoke_model_with_response_stream(modelId='${model}', body=body)['body']`,
      "chunks = [json.loads(event['chunk']['bytes']) for event in chunks]",
      `count = client.count_tokens(modelId='${model}', input={'converse': {'messages': ${messages}}})['inputTokens']`,
      'result = {',
      "    'whole': whole['output']['message']['content'],",
      "    'attempts': whole['ResponseMetadata']['RetryAttempts'],",
      "    'streamed': ''.join(event['contentBlockDelta']['delta']['text'] for event in events if 'contentBlockDelta' in event),",
      "    'last': list(events[-1]),",
      "    'invoked': ''.join(each['delta']['text'] for each in chunks if each['type'] == 'content_block_delta'),",
      "    'metrics': chunks[-1].get('amazon-bedrock-invocationMetrics', {}).get('outputTokenCount'),",
      "    'count': count,",
      '}',
    )
    expect(result).toEqual({
      whole: [{ text }],
      attempts: 0,
      streamed: text,
      last: ['metadata'],
      invoked: text,
      metrics: 10,
      count: expect.any(Number),
    })
  })

  it('waits and tries again when its tenant is too fast, and only then [X68]', async () => {
    const fast = await tenant('fast', { limits: { requests_per_minute: 1 } })
    const throttled = await python<Refused>(fast, converse, refusedBy(converse))
    expect(throttled).toMatchObject({ kind: 'ThrottlingException', code: 'ThrottlingException', status: 429, attempts: 5 })
    const spent = await tenant('spent', { limits: { monthly_budget_usd: 0 } })
    const broke = await python<Refused>(spent, refusedBy(converse))
    expect(broke).toMatchObject({ kind: 'ServiceQuotaExceededException', status: 400, attempts: 1 })
    const streamed = await python<Refused>(spent, refusedBy(`client.converse_stream(modelId='${model}', messages=${messages})`))
    expect(streamed).toMatchObject({ kind: 'ServiceQuotaExceededException', status: 400, attempts: 1 })
  })

  it('stops at once when its tenant is suspended, or goes [R111]', async () => {
    const token = await tenant('paused')
    expect(await python<unknown>(token, refusedBy(converse))).toBe('answered')
    for (const [method, body] of [
      ['PATCH', { status: 'suspended' }],
      ['DELETE', undefined],
    ] as const) {
      const { status } = await call(server.url, '/api/tenants/paused', { token: admin, method, body })
      expect([200, 202]).toContain(status)
      const refused = await python<Refused>(token, refusedBy(converse))
      expect(refused).toMatchObject({ kind: 'AccessDeniedException', status: 403, attempts: 1 })
    }
  })

  it('knows each error by its class, and tries none of these again', async () => {
    const token = await tenant('wrong')
    const reader = await tokenOf('wrong', ['models:read'])
    const tried: readonly (readonly [string, string, string, number])[] = [
      ["' OR '1'='1", converse, 'AccessDeniedException', 401],
      [reader, converse, 'AccessDeniedException', 403],
      [token, `client.converse(modelId='no-such-model', messages=${messages})`, 'ResourceNotFoundException', 404],
      [token, `client.converse(modelId='../../api/requests', messages=${messages})`, 'ResourceNotFoundException', 404],
      [token, `client.converse(modelId='${model}', messages=[])`, 'ValidationException', 400],
      [token, `client.invoke_model(modelId='${model}', body=b'\\xff')`, 'ValidationException', 400],
      [token, `client.invoke_model(modelId='${model}', body=json.dumps({'tenant_id': 'demo'}))`, 'AccessDeniedException', 403],
    ]
    for (const [bearer, statement, kind, status] of tried) {
      const refused = await python<Refused>(bearer, refusedBy(statement))
      expect(refused, statement).toMatchObject({ kind, status, attempts: 1 })
      expect(refused.message).toMatch(/\S/)
    }
    stub.reply(...Array.from({ length: 2 }, () => 'reset' as const))
    expect(await python<Refused>(token, refusedBy(converse))).toMatchObject({
      kind: 'ModelErrorException',
      status: 424,
      attempts: 1,
    })
  })

  it('learns of a stream that breaks in the middle by an error of its own', async () => {
    const token = await tenant('cut')
    stub.reply({ stream: [chunk({ role: 'assistant', content: 'first' }), 'reset'] })
    const statement = `[seen.append(event) for event in client.converse_stream(modelId='${model}', messages=${messages})['stream']]`
    const result = await python<{ readonly seen: number; readonly refused: Refused }>(
      token,
      'seen = []',
      refusedBy(statement),
      "result = {'seen': len(seen), 'refused': result}",
    )
    expect(result.seen).toBeGreaterThan(0)
    expect(result.refused).toMatchObject({ kind: 'EventStreamError', code: 'modelStreamErrorException' })
  })

  it('counts a call once that it makes again because its answer was lost', async () => {
    const token = await tenant('lossy')
    const usage = async (): Promise<number> => {
      const path = '/api/tenants/lossy/usage'
      return (await call<{ total: { requests: number } }>(server.url, path, { token: admin })).body.total.requests
    }
    const before = stub.calls.length
    // The first answer is thrown away below the client, as when a connection breaks.
    const attempts = await python<number>(
      token,
      'from botocore.httpsession import URLLib3Session',
      'from botocore.exceptions import ConnectionClosedError',
      'real, sent = URLLib3Session.send, []',
      'def send(self, request):',
      '    sent.append(request)',
      '    response = real(self, request)',
      '    if len(sent) == 1:',
      '        raise ConnectionClosedError(endpoint_url=request.url)',
      '    return response',
      'URLLib3Session.send = send',
      `${converse}`,
      'result = len(sent)',
    )
    expect([attempts, await usage(), stub.calls.length - before]).toEqual([2, 1, 1])
  })
})
