/** Below a word of its own, for a tenant may be called like a part of the screen. */
export function addressOfTenant(id: string): string {
  return `/tenants/of/${encodeURIComponent(id)}`
}
