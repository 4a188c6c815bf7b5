/** Every text of the load names its tenant and what it is about, so that whoever finds one knows where it belongs. @module */

export const tenants = ['alpha', 'beta', 'gamma'] as const
export type TenantName = (typeof tenants)[number]

/** What there is of each tenant: requests, workflows, documents, questions, keys of a stream. */
export type Kind = 'r' | 'w' | 'd' | 'q' | 'k'

/** Such as `alpha-r-17`. */
export function markOf(tenant: TenantName, kind: Kind, number: number): string {
  return `${tenant}-${kind}-${number}`
}

/** What a prompt asks for: the sentence stands in no answer and no document. */
export function orderOf(mark: string): string {
  return `Do ${mark}.`
}

const order = /\bDo ((?:alpha|beta|gamma)-[rwdqk]-\d+(?:-[a-z]\w*)?)\./g
const mention = /\b(alpha|beta|gamma)-[rwdqk]-\d+/g

/** What a text asks for, each once; nothing where it asks for none of ours. */
export function ordersIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(order)].map(([, mark = '']) => mark))]
}

/** Whose marks stand in a text. */
export function ownersIn(text: string): readonly TenantName[] {
  return [...new Set([...text.matchAll(mention)].map(([, tenant]) => tenant as TenantName))]
}
