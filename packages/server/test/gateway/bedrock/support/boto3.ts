import { spawn, spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'

const how = 'boto3 is missing; pip install boto3'

/** Tests that need boto3. Where it is missing they are skipped with the reason; in continuous integration they fail. */
export function describeWithBoto3(name: string, define: () => void): void {
  if (spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0) {
    describe(name, define)
    return
  }
  describe(name, () => {
    it('needs boto3', (context) => {
      if (process.env.CI === 'true') throw new Error(how)
      context.skip(how)
    })
  })
}

/**
 * Runs a program with a client of boto3 as `client`, set up by nothing but its environment, and gives what it puts into `result`. Its
 * waits between attempts are left out.
 */
export async function runBoto3<T>(endpoint: string, program: string): Promise<T> {
  const lines = [
    'import boto3, json, time',
    'time.sleep = lambda seconds: None',
    "client = boto3.client('bedrock-runtime')",
    'result = None',
    program,
    'print(json.dumps(result))',
  ]
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PYENV_ROOT: process.env.PYENV_ROOT,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint,
    AWS_BEARER_TOKEN_BEDROCK: 'key',
  }
  const child = spawn('python3', ['-c', lines.join('\n')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { out: '', error: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.error += text
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`python3 ended with ${code}: ${texts.error}`)
  return JSON.parse(texts.out) as T
}
