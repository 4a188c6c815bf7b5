// The package's own types point at packages that it doesn't bring along.
declare module '@energetic-ai/core' {
  /** Leaves out checks that are for those who build models. */
  export function enableProdMode(): void
}
