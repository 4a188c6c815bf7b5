import { tracesEndpoint } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { type HandlerName, handlerNames } from '../src/handlers.ts'
import { functionOf, variablesIn } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { roleStatements } from './support/statements.ts'
import { ofType, plinthStack, type StackOptions, type Template, templateOf } from './support/synthesised.ts'

/** Those that neither answer nor work leave no spans. */
const without: readonly HandlerName[] = ['authorizer', 'relay', 'sweeper']
const collected = handlerNames.filter((name) => !without.includes(name))

const made = (options: StackOptions = {}): Template => templateOf(plinthStack(options))
const beside = made()
const template = made({ props: { functions: { traceCollector: true } }, env: { region: 'eu-central-1' } })

describe('the collector of traces', () => {
  it('is beside no function unless somebody asks for it, and nothing is sent to one', () => {
    for (const [id, { Layers, Environment }] of ofType(beside, 'AWS::Lambda::Function')) {
      expect(Layers, id).toBeUndefined()
      expect(JSON.stringify(Environment), id).not.toContain('OTEL_')
    }
  })

  it.each(collected)("%s: its layer is AWS's, of the Region and for ARM, and the function sends spans to it", (name) => {
    const [, { Layers, Architectures, TracingConfig }] = functionOf(template, name)
    expect(Layers).toEqual([
      expect.stringMatching(/^arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-arm64-ver-[\d-]+:\d+$/),
    ])
    expect([Architectures, TracingConfig]).toEqual([['arm64'], { Mode: 'Active' }])
    // As the function reads it.
    expect(tracesEndpoint(variablesIn(template, name))).toBe('http://localhost:4318/v1/traces')
  })

  it.each(without)('%s: leaves no spans, and starts no later for them', (name) => {
    const [, { Layers }] = functionOf(template, name)
    expect([Layers, tracesEndpoint(variablesIn(template, name))]).toEqual([undefined, undefined])
  })

  it('needs nothing that the functions may not do anyway, and of a stack for any Region finds its layer there', () => {
    const anywhere = made({ props: { functions: { traceCollector: true } } })
    expect(roleStatements(anywhere)).toEqual(roleStatements(beside))
    const [, { Layers }] = functionOf(anywhere, 'api')
    expect(resolved(anywhere, (Layers as unknown[])[0])).toMatch(
      /^arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-arm64-/,
    )
  })

  it('can be beside the functions of one pattern alone', () => {
    const some = made({ rag: { functions: { traceCollector: true } } })
    const layered = handlerNames.filter((name) => functionOf(some, name)[1].Layers !== undefined)
    expect(layered).toEqual(['document-worker'])
  })

  it.each<[string, StackOptions, RegExp]>([
    [
      'a Region without it',
      { props: { functions: { traceCollector: true } }, env: { region: 'mx-central-1' } },
      /functions\.traceCollector.*mx-central-1/,
    ],
    [
      'another address beside it',
      { props: { functions: { traceCollector: true, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example' } } } },
      /functions\.environment.*OTEL_EXPORTER_OTLP_ENDPOINT/,
    ],
  ])('refuses %s, and names it', (_, options, words) => {
    expect(() => plinthStack(options)).toThrow(words)
  })

  it('may be one elsewhere, which a variable names for every function', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example' }
    const elsewhere = made({ props: { functions: { environment } } })
    for (const name of collected)
      expect(tracesEndpoint(variablesIn(elsewhere, name)), name).toBe('https://traces.example/v1/traces')
  })
})
