import { type Look, look } from './look.ts'
import { isOwnName, type ModelAsked } from './model-access.ts'
import type { SignedRequests } from './signed-requests.ts'

/** How many functions may run at a time. */
export interface FunctionQuota {
  readonly account: number
  /** What functions with a reservation of their own leave to the others. */
  readonly unreserved: number
}

export function examineFunctionQuota(requests: SignedRequests): Promise<Look<FunctionQuota>> {
  return look(async (call) => {
    const { text } = await call('lambda:GetAccountSettings', (signal) =>
      requests.send({ service: 'lambda', path: '/2016-08-19/account-settings' }, signal),
    )
    const { AccountLimit } = JSON.parse(text) as {
      readonly AccountLimit?: { readonly ConcurrentExecutions?: number; readonly UnreservedConcurrentExecutions?: number }
    }
    const account = AccountLimit?.ConcurrentExecutions ?? 0
    return { account, unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? account }
  })
}

export interface TokenQuota {
  /** As Service Quotas names it. */
  readonly name: string
  /** Tokens of a minute. */
  readonly tokens: number
}

interface QuotaPage {
  readonly Quotas?: readonly { readonly QuotaName?: string; readonly Value?: number }[]
  readonly NextToken?: string
}

/** Bedrock has more than a thousand quotas, a page 100 of them. */
const mostPages = 40

/**
 * The tokens of a minute that Bedrock lets through, of all models. Quotas are found by their names, since nothing else of them says which
 * model they are about.
 */
export function examineTokenQuotas(requests: SignedRequests): Promise<Look<readonly TokenQuota[]>> {
  return look(async (call) => {
    const quotas: TokenQuota[] = []
    let token: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const body = { ServiceCode: 'bedrock', MaxResults: 100, ...(token === undefined ? {} : { NextToken: token }) }
      const { text } = await call('servicequotas:ListServiceQuotas', (signal) =>
        requests.send({ service: 'servicequotas', target: 'ServiceQuotasV20190624.ListServiceQuotas', body }, signal),
      )
      const { Quotas = [], NextToken } = JSON.parse(text) as QuotaPage
      for (const { QuotaName: name = '', Value: tokens = 0 } of Quotas)
        if (/tokens per minute for /i.test(name)) quotas.push({ name, tokens })
      if (NextToken === undefined || NextToken === null) break
      token = NextToken
    }
    return quotas
  })
}

/**
 * The quota of a model among them, by the words of its name: `Cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5`
 * for `eu.anthropic.claude-haiku-4-5-20251001-v1:0`.
 * @param asked.name what Bedrock is sent; its prefix says which quota counts.
 */
export function tokenQuotaOf(quotas: readonly TokenQuota[], asked: ModelAsked): TokenQuota | undefined {
  const words = wordsOf(asked.model.replace(/-\d{8}\b/, '').replace(/(?:-v1)?(?::\d+)?$/, ''))
  const scope = /^(?:.*\/)?global\./.test(asked.name) ? /^global/i : isOwnName(asked) ? /^on-demand/i : /^cross-region/i
  return quotas.find(({ name }) => {
    const [kind = '', about = ''] = name.split(/ tokens per minute for /i)
    return scope.test(kind) && wordsOf(about) === words
  })
}

/** `anthropic.claude-haiku-4-5` and `Anthropic Claude Haiku 4.5` are made of the same words. */
function wordsOf(name: string): string {
  return (name.toLowerCase().match(/[a-z]+|\d+/g) ?? [])
    .filter((word) => word !== 'v')
    .sort()
    .join(' ')
}
